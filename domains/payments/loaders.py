"""How payments are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_id, latest
from domains.payments.models import Payment, Refund

MAX_REFUNDS = 100  # no rule bounds them but the money: each gives back one minor unit or more


PaymentByIdLoader = by_id(lambda viewer: Payment.objects.visible_to(viewer))
RefundByIdLoader = by_id(lambda viewer: Refund.objects.filter(payment__in=Payment.objects.visible_to(viewer)))


class RefundsByPaymentIdLoader(Loader[UUID, list[Refund]]):
    """The latest MAX_REFUNDS refunds of payments that the viewer was given already, oldest first."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[Refund]]:
        return latest(Refund, keys, "payment_id", most=MAX_REFUNDS)


NODES: dict[str, type[Loader[UUID, Any]]] = {"Payment": PaymentByIdLoader, "Refund": RefundByIdLoader}
