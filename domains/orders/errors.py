"""What can go wrong with an order."""

from __future__ import annotations

from uuid import UUID

from domains.common.errors import DomainError


class PaymentDeclinedError(DomainError):
    """The provider refused the hold; the order is cancelled and its stock is back."""

    code = "PAYMENT_DECLINED"

    def __init__(self, decline_code: str) -> None:
        super().__init__("The payment was declined; try another payment method with a new key", path=["paymentMethod"])
        self.decline_code = decline_code


class PaymentPendingError(DomainError):
    """The provider has not answered yet; the order stands and is decided in the background."""

    code = "PAYMENT_PENDING"

    def __init__(self, order_id: UUID) -> None:
        super().__init__("The payment provider has not answered yet; watch the order, or repeat with the same key")
        self.order_id = order_id


class RefundTooLargeError(DomainError):
    """More than what is left to refund. `refundable` is in minor units of `currency`."""

    code = "REFUND_TOO_LARGE"

    def __init__(self, refundable: int, currency: str) -> None:
        super().__init__("This is more than what is left to refund; see `refundable`", path=["amount"])
        self.refundable = refundable
        self.currency = currency


class InvalidStateError(DomainError):
    """The order is not in a state that allows this."""

    code = "INVALID_STATE"

    def __init__(self, status: str, *, allowed: str) -> None:
        super().__init__(f"The order is {status}; {allowed}", path=["orderId"])
        self.status = status
