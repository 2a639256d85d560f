"""Mutations of the outbox."""

from __future__ import annotations

import strawberry

from domains.common import outbox
from domains.common.graphql.errors import mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsStaff
from domains.common.inputs import RetryMessageInput
from domains.common.results import RetryMessageResult, RetryMessageSuccess


@strawberry.type
class Mutation:
    @mutation(
        description="Try failed work again, at once. NotFoundError when it is not failed, or no more.",
        permission_classes=[IsStaff],
    )
    def retry_message(self, input: RetryMessageInput) -> RetryMessageResult:
        return RetryMessageSuccess(retried_message=outbox.retry(key_of(input.message_id, "FailedMessage")))
