"""Mutations of the outbox."""

from __future__ import annotations

import strawberry

from domains.common.errors import NotFoundError
from domains.common.graphql.context import Info
from domains.common.graphql.errors import mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsStaff
from domains.operations import models, services
from domains.operations.types import FailedMessage


@strawberry.input(description="Failed work to try again.")
class RetryMessageInput:
    message_id: strawberry.ID = strawberry.field(description="Which failed message.")


@strawberry.type(description="The work is due again, with all its attempts before it.")
class RetryMessageSuccess:
    retried_message: models.FailedMessage = strawberry.field(
        graphql_type=FailedMessage, description="What is tried again; it is no failed message any more."
    )


@strawberry.type
class Mutation:
    @mutation(
        description="Try failed work again, at once. NotFoundError when it is not failed, or no more.",
        fails=[NotFoundError],
        permission_classes=[IsStaff],
    )
    def retry_message(self, info: Info, input: RetryMessageInput) -> RetryMessageSuccess:
        message_id = key_of(input.message_id, "FailedMessage")
        message = services.retry_message(viewer=info.context.viewer, message_id=message_id)
        return RetryMessageSuccess(retried_message=message)
