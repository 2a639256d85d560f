"""Who gets what of failed work."""

from __future__ import annotations

from django.utils import timezone

from domains.accounts.models import User
from domains.common.data.models import new_id
from domains.operations.models import FailedMessage
from tests.api import gid
from tests.schema.tables import NO_STAFF, NOBODY, STAFF, Shown, Table

ROOTS: Table = {
    "failedMessages": ("", (NOBODY, NO_STAFF, NO_STAFF, "FailedMessage")),
    "retryMessage": ("messageId: $message", (NOBODY, NO_STAFF, NO_STAFF, "RetryMessageSuccess")),
}
NODES: Shown = {"FailedMessage": STAFF}


def _failed() -> str:
    now = timezone.now()
    return gid(FailedMessage.objects.create(topic="test", key=new_id(), due_at=now, dead_at=now))


def things(customer: User) -> dict[str, str]:
    return {"message": _failed()}


def nodes(customer: User) -> dict[str, str]:
    return {"FailedMessage": _failed()}
