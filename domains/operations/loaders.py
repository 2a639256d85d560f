"""How dead letters are read by their id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_id
from domains.operations.models import FailedMessage

NODES: dict[str, type[Loader[UUID, Any]]] = {
    "FailedMessage": by_id(lambda viewer: FailedMessage.objects.visible_to(viewer))
}
