"""How people are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.accounts.models import AuditEvent, Session, User
from domains.common.graphql.loaders import Loader, by_id, grouped

MAX_SESSIONS = 100
MAX_EVENTS = 100

UserByIdLoader = by_id(lambda viewer: User.objects.visible_to(viewer))
SessionByIdLoader = by_id(lambda viewer: Session.objects.visible_to(viewer).alive())
AuditEventByIdLoader = by_id(lambda viewer: AuditEvent.objects.visible_to(viewer))


class SessionsByUserIdLoader(Loader[UUID, list[Session]]):
    """The viewer's own sessions that are alive, newest first; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[Session]]:
        rows = Session.objects.visible_to(self.viewer).alive().filter(user_id__in=keys).order_by("-created_at")
        return grouped(rows[:MAX_SESSIONS], keys, "user_id")


class AuditEventsByUserIdLoader(Loader[UUID, list[AuditEvent]]):
    """The viewer's own events, newest first; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[AuditEvent]]:
        rows = AuditEvent.objects.visible_to(self.viewer).filter(user_id__in=keys).order_by("-created_at")
        return grouped(rows[:MAX_EVENTS], keys, "user_id")


NODES: dict[str, type[Loader[UUID, Any]]] = {
    "User": UserByIdLoader,
    "Session": SessionByIdLoader,
    "AuditEvent": AuditEventByIdLoader,
}
