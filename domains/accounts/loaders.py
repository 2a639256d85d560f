"""How people are read in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from domains.accounts.models import AuditEvent, Session, User
from domains.common.graphql.loaders import Loader, by_id, grouped
from domains.common.viewer import Viewer

MOST = 100

UserByIdLoader = by_id(lambda viewer: User.objects.visible_to(viewer))
SessionByIdLoader = by_id(lambda viewer: Session.objects.visible_to(viewer).alive())
AuditEventByIdLoader = by_id(lambda viewer: AuditEvent.objects.visible_to(viewer))


def _newest(rows: Callable[[Viewer], QuerySet[Any]]) -> type[Loader[UUID, list[Any]]]:
    """The loader of the viewer's own rows by their id, newest first, MOST at most; nothing for anybody else."""

    class Newest(Loader[UUID, list[Any]]):
        def batch(self, keys: Sequence[UUID]) -> Sequence[list[Any]]:
            own = rows(self.viewer).filter(user_id__in=keys).order_by("-created_at")
            return grouped(own[:MOST], keys, "user_id")

    return Newest


SessionsByUserIdLoader = _newest(lambda viewer: Session.objects.visible_to(viewer).alive())
AuditEventsByUserIdLoader = _newest(lambda viewer: AuditEvent.objects.visible_to(viewer))

NODES: dict[str, type[Loader[UUID, Any]]] = {
    "User": UserByIdLoader,
    "Session": SessionByIdLoader,
    "AuditEvent": AuditEventByIdLoader,
}
