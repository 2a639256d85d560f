"""How people are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.accounts.models import AuditEvent, Session, User
from domains.common.graphql.loaders import Loader, by_key, grouped


class UserByIdLoader(Loader[UUID, User | None]):
    """People that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[User | None]:
        return by_key(User.objects.visible_to(self.viewer).filter(id__in=keys), keys)


class SessionByIdLoader(Loader[UUID, Session | None]):
    """The viewer's own sessions that are alive."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[Session | None]:
        return by_key(Session.objects.visible_to(self.viewer).alive().filter(id__in=keys), keys)


class SessionsByUserIdLoader(Loader[UUID, list[Session]]):
    """The viewer's own sessions that are alive, newest first; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[Session]]:
        rows = Session.objects.visible_to(self.viewer).alive().filter(user_id__in=keys).order_by("-created_at")
        return grouped(rows[:MAX_SESSIONS], keys, "user_id")


class AuditEventByIdLoader(Loader[UUID, AuditEvent | None]):
    """The viewer's own events."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[AuditEvent | None]:
        return by_key(AuditEvent.objects.visible_to(self.viewer).filter(id__in=keys), keys)


class AuditEventsByUserIdLoader(Loader[UUID, list[AuditEvent]]):
    """The viewer's own events, newest first; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[AuditEvent]]:
        rows = AuditEvent.objects.visible_to(self.viewer).filter(user_id__in=keys).order_by("-created_at")
        return grouped(rows[:MAX_EVENTS], keys, "user_id")


MAX_SESSIONS = 100
MAX_EVENTS = 100
NODES: dict[str, type[Loader[UUID, Any]]] = {
    "User": UserByIdLoader,
    "Session": SessionByIdLoader,
    "AuditEvent": AuditEventByIdLoader,
}
