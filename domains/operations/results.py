"""How mutations of the outbox can end."""

from __future__ import annotations

import strawberry

from domains.operations import models
from domains.operations.types import FailedMessage


@strawberry.type(description="The work is due again, with all its attempts before it.")
class RetryMessageSuccess:
    retried_message: models.FailedMessage = strawberry.field(
        graphql_type=FailedMessage, description="What is tried again; it is no failed message any more."
    )
