"""How mutations of orders can end."""

from __future__ import annotations

import strawberry

from domains.common.graphql.errors import UserError, answers, base
from domains.common.graphql.permissions import OF_THE_CALL
from domains.common.graphql.types import Money
from domains.orders import errors, models
from domains.orders.choices import OrderStatus
from domains.orders.types import Order
from domains.payments.models import Refund as RefundRow
from domains.payments.types import Refund


@answers(
    errors.PaymentDeclinedError,
    description="The provider refused. `createOrder`: the order is CANCELLED and its stock is back. `fulfillOrder`: "
    "the order is not sent; it is cancelled a moment later if its hold is gone.",
)
class PaymentDeclinedError(UserError):
    decline_code: str | None = strawberry.field(
        description="The reason, such as insufficient_funds; generic_decline for all that could help a thief; "
        "invalid_payment_method for an unknown method; expired in a replay of an order whose payment was not completed "
        "in time.",
        metadata=OF_THE_CALL,
    )


@answers(
    errors.PaymentPendingError,
    description="What the provider did is not known yet, or could not be written down yet. It is decided in the "
    "background: watch the order, or repeat a call that has a key with the same key.",
)
class PaymentPendingError(UserError):
    order_id: strawberry.ID = strawberry.field(description="The order to watch.", metadata=OF_THE_CALL)


@answers(
    errors.InvalidStateError,
    description="The order's state does not allow this, or the provider refuses it in this state for a reason that "
    "`message` names: no money has moved then, what was returned with it stays returned.",
)
class InvalidStateError(UserError):
    status: OrderStatus = strawberry.field(
        description="The state it is in.", metadata={"scope": "of an order that the viewer sees"}
    )


@answers(
    errors.PriceChangedError,
    description="The order would cost something else than `expectedTotal`. Nothing was written, the key stays free.",
)
class PriceChangedError(UserError):
    expected: Money = strawberry.field(description="The `expectedTotal` that was sent.")
    actual: Money = strawberry.field(description="What the order would cost now.")

    @classmethod
    def of(cls, error: errors.PriceChangedError) -> PriceChangedError:
        expected, actual = (Money.of(minor, error.currency) for minor in (error.expected, error.actual))
        return cls(**base(error), expected=expected, actual=actual)


@answers(errors.RefundTooLargeError, description="More than what is left to refund; no money was given back.")
class RefundTooLargeError(UserError):
    refundable: Money = strawberry.field(description="What is left to refund, 0 or more.")

    @classmethod
    def of(cls, error: errors.RefundTooLargeError) -> RefundTooLargeError:
        return cls(**base(error), refundable=Money.of(error.refundable, error.currency))


@strawberry.type(description="The order was placed: CONFIRMED, or PENDING while its payment requires an action.")
class CreateOrderSuccess:
    order: models.Order = strawberry.field(graphql_type=Order, description="As it is now.")
    replayed: bool = strawberry.field(
        description="Whether an earlier call with this key placed it.", metadata=OF_THE_CALL
    )


@strawberry.type(description="Money was given back; once all of it was, the order is REFUNDED.")
class RefundOrderSuccess:
    order: models.Order = strawberry.field(graphql_type=Order, description="As it is now.")
    refund: RefundRow = strawberry.field(graphql_type=Refund, description="What was given back.")
    replayed: bool = strawberry.field(description="Whether an earlier call with this key did it.", metadata=OF_THE_CALL)
