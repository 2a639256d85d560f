"""Mutations of the outbox."""

from __future__ import annotations

import strawberry

from domains.common.graphql.context import Info
from domains.common.graphql.errors import NotFoundError, mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsStaff
from domains.operations import inputs, results, services


@strawberry.type
class Mutation:
    @mutation(
        description="Try failed work again, at once. NotFoundError when it is not failed, or no more.",
        fails=[NotFoundError],
        permission_classes=[IsStaff],
    )
    def retry_message(self, info: Info, input: inputs.RetryMessageInput) -> results.RetryMessageSuccess:
        message = services.retry_message(
            viewer=info.context.viewer, message_id=key_of(input.message_id, "FailedMessage")
        )
        return results.RetryMessageSuccess(retried_message=message)
