"""How dead letters are read by their id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_key
from domains.operations.models import FailedMessage


class FailedMessageByIdLoader(Loader[UUID, FailedMessage | None]):
    """For staff alone."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[FailedMessage | None]:
        return by_key(FailedMessage.objects.visible_to(self.viewer).filter(id__in=keys), keys)


NODES: dict[str, type[Loader[UUID, Any]]] = {"FailedMessage": FailedMessageByIdLoader}
