"""How payments are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_key
from domains.payments.models import Payment


class PaymentByIdLoader(Loader[UUID, Payment | None]):
    """Payments that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[Payment | None]:
        return by_key(Payment.objects.visible_to(self.viewer).filter(id__in=keys), keys)


NODES: dict[str, type[Loader[UUID, Any]]] = {"Payment": PaymentByIdLoader}
