"""How mutations of the outbox can end."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domains.common.graphql.errors import NotFoundError
from domains.operations import models
from domains.operations.types import FailedMessage


@strawberry.type(description="The work is due again, with all its attempts before it.")
class RetryMessageSuccess:
    retried_message: models.FailedMessage = strawberry.field(
        graphql_type=FailedMessage, description="What is tried again; it is no failed message any more."
    )


RetryMessageResult = Annotated[
    RetryMessageSuccess | NotFoundError,
    strawberry.union("RetryMessageResult", description="How `retryMessage` can end."),
]
