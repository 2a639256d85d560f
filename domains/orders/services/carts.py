"""What somebody wants to order, checked: of what how many, and where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from domains.common.data import idempotency
from domains.common.data.models import NO_ID
from domains.common.data.money import MAX_TOTAL, to_minor
from domains.common.errors import FieldErrorCode
from domains.common.validation import Problems
from domains.delivery.services import Address, checked_address, not_offered

MAX_METHOD_CHARACTERS = 100
MAX_NOTE_CHARACTERS = 500
MAX_COUNT = 2**31 - 1  # what an answer can say, as an Int


@dataclass(frozen=True, slots=True)
class CartLine:
    """What a customer asks for. `product_id` is NO_ID when the id sent was not that of a product."""

    product_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How and where an order goes. `method_id` is NO_ID when the id sent was not that of a method."""

    method_id: UUID
    address: Address


class Cart:
    """Positive quantities by product, in the order in which they were named. What is wrong is added to `problems`."""

    def __init__(self, lines: Sequence[CartLine], problems: Problems) -> None:
        self.quantities: dict[UUID, int] = {}
        self._first: dict[UUID, int] = {}
        if not 1 <= len(lines) <= settings.ORDER_MAX_LINES:
            code = FieldErrorCode.TOO_LONG if lines else FieldErrorCode.REQUIRED
            problems.add("lines", message=f"An order has 1 to {settings.ORDER_MAX_LINES} lines", code=code)
            return
        for index, line in enumerate(lines):
            self._add(index, line, problems)

    def _add(self, index: int, line: CartLine, problems: Problems) -> None:
        most = settings.ORDER_MAX_QUANTITY
        if line.product_id == NO_ID:
            message = "This is not the id of a product"
            problems.add("lines", str(index), "productId", message=message, code=FieldErrorCode.UNKNOWN)
            return
        total = self.quantities.get(line.product_id, 0) + line.quantity
        if line.quantity < 1 or total > most:
            code = FieldErrorCode.TOO_SMALL if line.quantity < 1 else FieldErrorCode.TOO_LARGE
            problems.add("lines", str(index), "quantity", message=f"Order 1 to {most} of a product in all", code=code)
        if line.quantity > 0:
            self.quantities[line.product_id] = min(total, MAX_COUNT)
            self._first.setdefault(line.product_id, index)

    def path(self, product_id: UUID, field: str) -> list[str]:
        """Where the product was named first."""
        return ["lines", str(self._first[product_id]), field]


def checked_delivery(sent: Delivery, problems: Problems) -> Delivery:
    """With its address as it is kept; what is wrong with that is added to `problems`."""
    return Delivery(sent.method_id, checked_address(sent.address, problems, "delivery", "address"))


class Checkout:
    """The checked input of createOrder. `expected` is in minor units of STORE_CURRENCY."""

    def __init__(
        self,
        lines: Sequence[CartLine],
        payment_method: str,
        delivery: Delivery | None = None,
        note: str = "",
        expected_total: Decimal | None = None,
    ) -> None:
        """Raises ValidationError with all that can be known to be wrong without the database."""
        problems = Problems()
        self.payment_method = problems.text("paymentMethod", payment_method, most=MAX_METHOD_CHARACTERS)
        self.cart = Cart(lines, problems)
        self.delivery = delivery and checked_delivery(delivery, problems)
        if delivery and delivery.method_id == NO_ID:
            problems.found.append(not_offered("delivery", "methodId"))
        if delivery is None and settings.DELIVERY_REQUIRED:
            message = "Say how and where to deliver it"
            problems.add("delivery", message=message, code=FieldErrorCode.REQUIRED)
        self.note = problems.text("note", note, least=0, most=MAX_NOTE_CHARACTERS, lines=True)
        self.expected: int | None = None
        with problems.collecting():
            if expected_total is not None:
                currency, path = settings.STORE_CURRENCY, ["expectedTotal"]
                self.expected = to_minor(expected_total, currency, path=path, most=MAX_TOTAL)
        problems.check()

    @property
    def fingerprint(self) -> str:
        """The same whatever the order of lines and however quantities were spread over them.

        What the customer expects to pay is no part of it: whoever repeats a call hears what the first one did.
        """
        lines = {str(product_id): quantity for product_id, quantity in self.cart.quantities.items()}
        to = self.delivery and {"method": str(self.delivery.method_id), "address": self.delivery.address.to_json()}
        return idempotency.fingerprint(
            {"lines": lines, "method": self.payment_method}, {"delivery": to, "note": self.note or None}
        )
