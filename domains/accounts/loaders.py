"""How people are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from domains.accounts.models import AuditEvent, Session, SessionQuerySet, User
from domains.common.data.models import NO_ID
from domains.common.graphql.listing import Listing
from domains.common.graphql.loaders import Loader, by_id, grouped
from domains.common.viewer import Viewer

MOST = 100

UserByIdLoader = by_id(lambda viewer: User.objects.visible_to(viewer))
SessionByIdLoader = by_id(lambda viewer: visible_sessions(viewer))
AuditEventByIdLoader = by_id(lambda viewer: visible_audit_events(viewer))


def visible_sessions(viewer: Viewer) -> SessionQuerySet:
    """The signed-in devices that the viewer may see."""
    return Session.objects.visible_to(viewer).alive()


def visible_audit_events(viewer: Viewer) -> QuerySet[AuditEvent]:
    """What the viewer may see of what happened to accounts' security."""
    return AuditEvent.objects.visible_to(viewer)


@dataclass(frozen=True, slots=True)
class OwnSessions(Listing):
    """The viewer's signed-in devices."""

    def rows(self, viewer: Viewer) -> SessionQuerySet:
        """In no order."""
        return visible_sessions(viewer)


@dataclass(frozen=True, slots=True)
class OwnAuditEvents(Listing):
    """What happened to the viewer's account."""

    def rows(self, viewer: Viewer) -> QuerySet[AuditEvent]:
        """In no order."""
        return visible_audit_events(viewer)


class AuditEventsByUserIdLoader(Loader[UUID, list[AuditEvent]]):
    """The viewer's own, newest first, MOST at most; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[AuditEvent]]:
        return grouped(visible_audit_events(self.viewer).order_by("-created_at")[:MOST], keys, "user_id")


class SessionsByUserIdLoader(Loader[UUID, list[Session]]):
    """The viewer's own: that of this request, then the newest, MOST in all; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[Session]]:
        own, asking = visible_sessions(self.viewer), self.viewer.session_id or NO_ID
        others = own.exclude(id=asking).order_by("-created_at")
        return grouped([*own.filter(id=asking), *others[: MOST - 1]], keys, "user_id")


NODES: dict[str, type[Loader[UUID, Any]]] = {
    "User": UserByIdLoader,
    "Session": SessionByIdLoader,
    "AuditEvent": AuditEventByIdLoader,
}
