"""What staff send about the outbox."""

from __future__ import annotations

import strawberry


@strawberry.input(description="Failed work to try again.")
class RetryMessageInput:
    message_id: strawberry.ID = strawberry.field(description="Which failed message.")
