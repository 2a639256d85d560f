"""What can go wrong with an order."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domains.common.errors import DomainError


class PaymentDeclinedError(DomainError):
    """The provider refused the hold, the order is cancelled and its stock is back; or it refused the capture."""

    code = "PAYMENT_DECLINED"
    meaning = "The provider refused. To order, use another payment method and a new idempotency key."
    text = "The payment was declined; try another payment method"
    place = ("paymentMethod",)

    def __init__(self, decline_code: str, *, message: str = "", path: Sequence[str] = ()) -> None:
        super().__init__(message, path=path)
        self.decline_code = decline_code or None


class PaymentPendingError(DomainError):
    """What the provider did is not known, or not written down yet; it is decided in the background."""

    code = "PAYMENT_PENDING"
    meaning = "The payment is not decided yet. Watch the order or repeat with the same key."

    def __init__(self, order_id: UUID) -> None:
        super().__init__("The payment is not decided yet; watch the order, or repeat with the same key if it has one")
        self.order_id = order_id


class PriceChangedError(DomainError):
    """The order would cost something else than the client showed. `expected`, `actual`: minor units of `currency`."""

    code = "PRICE_CHANGED"
    meaning = "The total is not what you expected; nothing was written. Show it, and order again if it is wanted."
    text = "The total has changed; show the new one before you order again"
    place = ("expectedTotal",)

    def __init__(self, *, expected: int, actual: int, currency: str) -> None:
        super().__init__()
        self.expected = expected
        self.actual = actual
        self.currency = currency


class RefundTooLargeError(DomainError):
    """More than what is left to refund. `refundable` is in minor units of `currency`."""

    code = "REFUND_TOO_LARGE"
    meaning = "More than what is left to refund."

    def __init__(self, refundable: int, currency: str, *, field: str = "amount") -> None:
        super().__init__("This is more than what is left to refund; see `refundable`", path=[field])
        self.refundable = refundable
        self.currency = currency


class InvalidStateError(DomainError):
    """The order is not in a state that allows this, or the provider says so of its payment."""

    code = "INVALID_STATE"
    meaning = "The state of the object does not allow this."

    def __init__(self, status: str, *, allowed: str) -> None:
        super().__init__(f"The order is {status}; {allowed}", path=["orderId"])
        self.status = status
