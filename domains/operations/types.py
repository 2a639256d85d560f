"""What staff see of the outbox."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domains.common.graphql.connections import Connection
from domains.common.graphql.types import Node, entity
from domains.operations import models


@entity(
    models.FailedMessage,
    description="Work in the background that failed so often that it is not tried any more. `node` knows it until it "
    "is retried. Visible to staff.",
)
class FailedMessage(Node):
    topic: str = strawberry.field(description="What kind of work, such as orders.confirmation.")
    attempts: int = strawberry.field(description="How often it was begun, 1 or more; retrying goes on counting.")
    last_error: str = strawberry.field(description="The type of the last error; its text may hold private data.")
    created_at: datetime = strawberry.field(description="When the work was promised.")
    updated_at: datetime = strawberry.field(description="When it last failed, or was retried.")


FailedMessageConnection = Connection[FailedMessage]
