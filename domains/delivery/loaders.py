"""How delivery methods are read in batches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from domains.common.graphql.loaders import Loader, by_id
from domains.common.viewer import Viewer
from domains.delivery.models import DeliveryMethod


def _methods(viewer: Viewer) -> QuerySet[DeliveryMethod]:
    return DeliveryMethod.objects.visible_to(viewer)


NODES: dict[str, type[Loader[UUID, Any]]] = {"DeliveryMethod": by_id(_methods)}
