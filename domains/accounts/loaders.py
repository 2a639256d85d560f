"""How people are read in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from domains.accounts.models import AuditEvent, Session, SessionQuerySet, User
from domains.common.data.models import NO_ID
from domains.common.graphql.loaders import Loader, by_id, grouped
from domains.common.graphql.paging import Page, Pager, paginate
from domains.common.viewer import Viewer

MOST = 100

UserByIdLoader = by_id(lambda viewer: User.objects.visible_to(viewer))
SessionByIdLoader = by_id(lambda viewer: _sessions(viewer))
AuditEventByIdLoader = by_id(lambda viewer: _audit_events(viewer))


def _sessions(viewer: Viewer) -> SessionQuerySet:
    return Session.objects.visible_to(viewer).alive()


def _audit_events(viewer: Viewer) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.visible_to(viewer)


class AuditEventsByUserIdLoader(Loader[UUID, list[AuditEvent]]):
    """The viewer's own, newest first, MOST at most; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[AuditEvent]]:
        return grouped(_audit_events(self.viewer).order_by("-created_at")[:MOST], keys, "user_id")


class SessionsByUserIdLoader(Loader[UUID, list[Session]]):
    """The viewer's own: that of this request, then the newest, MOST in all; nothing for anybody else."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[Session]]:
        own, asking = _sessions(self.viewer), self.viewer.session_id or NO_ID
        others = own.exclude(id=asking).order_by("-created_at")
        return grouped([*own.filter(id=asking), *others[: MOST - 1]], keys, "user_id")


def _pages(rows: Callable[[Viewer], QuerySet[Any]]) -> type[Loader[tuple[UUID, Pager], Page]]:
    """The loader of pages of the viewer's own rows, newest first; empty ones for anybody else."""

    class Pages(Loader[tuple[UUID, Pager], Page]):
        def batch(self, keys: Sequence[tuple[UUID, Pager]]) -> Sequence[Page]:
            return [
                paginate(rows(self.viewer), pager) if user_id == self.viewer.user_id else pager.page([], lambda: 0)
                for user_id, pager in keys
            ]

    return Pages


SessionPageLoader = _pages(_sessions)
AuditEventPageLoader = _pages(_audit_events)

NODES: dict[str, type[Loader[UUID, Any]]] = {
    "User": UserByIdLoader,
    "Session": SessionByIdLoader,
    "AuditEvent": AuditEventByIdLoader,
}
