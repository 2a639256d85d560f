"""Every model of this app, where Django looks for them; they are written in their rooms."""

from __future__ import annotations

from domains.common.background.models import OutboxMessage
from domains.common.data.models import BaseModel, IdempotencyKey, new_id
from domains.common.data.numbering import NumberSeries
from domains.common.guard.models import Attempt

__all__ = ["Attempt", "BaseModel", "IdempotencyKey", "NumberSeries", "OutboxMessage", "new_id"]
