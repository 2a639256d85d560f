"""The audit trail: what happened to an account, written in the transaction of the change itself."""

from __future__ import annotations

from uuid import UUID

from domains.accounts.models import AuditEvent
from domains.common.viewer import client_address

Type = AuditEvent.Type


def record(type_: AuditEvent.Type, *, user_id: UUID | None, session_id: UUID | None = None) -> None:
    """Add one event, in the caller's transaction if there is one. `user_id` is None when nobody is known."""
    AuditEvent.objects.create(type=type_, user_id=user_id, session_id=session_id, ip_address=client_address.get())
