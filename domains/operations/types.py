"""What staff see of the outbox."""

from __future__ import annotations

import strawberry
from strawberry import auto

from domains.common.graphql.connections import Connection
from domains.common.graphql.types import STAFF_ONLY, Node, entity
from domains.operations import models


@entity(
    models.FailedMessage,
    description="Work in the background that failed so often that it is not tried any more. `node` knows it until it "
    "is retried.",
    visible_to=STAFF_ONLY,
)
class FailedMessage(Node):
    topic: auto
    attempts: auto
    last_error: auto
    created_at: auto = strawberry.field(description="When the work was promised.")
    updated_at: auto = strawberry.field(description="When it last failed, or was retried.")


FailedMessageConnection = Connection[FailedMessage]
