"""What the common domain holds of people."""

from __future__ import annotations

from domains.common.background.models import OutboxMessage
from domains.common.data.models import IdempotencyKey
from domains.common.data.numbering import NumberSeries
from domains.common.data.personal import Holding, columns
from domains.common.guard.models import Attempt

HOLDINGS = (
    # Done ones too, until they are forgotten.
    Holding(OutboxMessage, "key", "mails", columns("topic", "payload", "created_at", "done_at")),
    Holding(IdempotencyKey, "owner_id", "idempotencyKeys", columns("operation", "key", "created_at")),
)
IMPERSONAL = {
    Attempt: ("key",),  # a keyed hash; the domain that limits people forgets theirs
    NumberSeries: ("series",),
}
