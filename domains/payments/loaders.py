"""How payments are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_key, latest
from domains.payments.models import Payment, Refund

MAX_REFUNDS = 100  # no rule bounds them but the money: each gives back one minor unit or more


class PaymentByIdLoader(Loader[UUID, Payment | None]):
    """Payments that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[Payment | None]:
        return by_key(Payment.objects.visible_to(self.viewer).filter(id__in=keys), keys)


class RefundByIdLoader(Loader[UUID, Refund | None]):
    """Refunds of payments that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[Refund | None]:
        mine = Payment.objects.visible_to(self.viewer)
        return by_key(Refund.objects.filter(id__in=keys, payment__in=mine), keys)


class RefundsByPaymentIdLoader(Loader[UUID, list[Refund]]):
    """The latest MAX_REFUNDS refunds of payments that the viewer was given already, oldest first."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[Refund]]:
        return latest(Refund, keys, "payment_id", most=MAX_REFUNDS)


NODES: dict[str, type[Loader[UUID, Any]]] = {"Payment": PaymentByIdLoader, "Refund": RefundByIdLoader}
