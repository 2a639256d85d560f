"""What lines and delivery come to: one computation, for an order and for its quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from domains.common.data.money import tax_of
from domains.delivery.services import Method
from domains.orders.models import OrderCharge, OrderLine
from domains.products.stock import Offer


@dataclass(frozen=True, slots=True)
class Totals:
    """New lines and charges, each with its tax, and their sums. Amounts are in minor units of STORE_CURRENCY."""

    lines: list[OrderLine]
    charges: list[OrderCharge]

    @property
    def subtotal(self) -> int:
        """Of the lines."""
        return sum(line.total for line in self.lines)

    @property
    def charges_total(self) -> int:
        """Of the charges."""
        return sum(charge.amount for charge in self.charges)

    @property
    def tax(self) -> int:
        """What is inside: each line and charge is rounded on its own."""
        return sum(line.tax for line in self.lines) + sum(charge.tax for charge in self.charges)

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.subtotal + self.charges_total


def totals(
    order_id: UUID, quantities: Mapping[UUID, int], offers: Mapping[UUID, Offer], method: Method | None
) -> Totals:
    """What these quantities come to, delivered by `method` if any; what is not on offer is left out."""
    cart = enumerate(((offers[id_], quantity) for id_, quantity in quantities.items() if id_ in offers), start=1)
    lines = [_line(order_id, position, *wanted) for position, wanted in cart]
    return Totals(lines, [_charge(order_id, method)] if method else [])


def _line(order_id: UUID, position: int, offer: Offer, quantity: int) -> OrderLine:
    total = offer.price * quantity
    return OrderLine(
        order_id=order_id,
        position=position,
        product_id=offer.id,
        product_name=offer.name,
        sku=offer.sku,
        quantity=quantity,
        currency=settings.STORE_CURRENCY,
        unit_price=offer.price,
        total=total,
        tax_rate=offer.tax_rate,
        tax=tax_of(total, offer.tax_rate),
    )


def _charge(order_id: UUID, method: Method) -> OrderCharge:
    return OrderCharge(
        order_id=order_id,
        kind=OrderCharge.Kind.DELIVERY,
        label=method.name,
        currency=settings.STORE_CURRENCY,
        amount=method.price,
        tax_rate=method.tax_rate,
        tax=tax_of(method.price, method.tax_rate),
    )
