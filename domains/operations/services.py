"""What staff do about failed work."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer
from domains.operations.models import FailedMessage


def retry_message(*, viewer: Viewer, message_id: UUID) -> FailedMessage:
    """Give a failed message a fresh start, due at once. Raises NotFoundError unless it is failed."""
    now = timezone.now()
    fresh = {"dead_at": None, "failures": 0, "due_at": now, "updated_at": now}
    if not FailedMessage.objects.visible_to(viewer).filter(id=message_id).update(**fresh):
        raise NotFoundError("There is no such failed message", path=["messageId"])
    return FailedMessage.objects.get(id=message_id)
