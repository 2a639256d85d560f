"""Mutations of orders."""

from __future__ import annotations

import strawberry

from domains.accounts.results import RateLimitedError
from domains.common.errors import IdempotencyConflictError, NotFoundError
from domains.common.graphql.connections import given
from domains.common.graphql.context import Info
from domains.common.graphql.errors import ValidationError, mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsAuthenticated, IsStaff
from domains.orders import inputs, models, results, services
from domains.orders.types import Order
from domains.products.results import InsufficientStockError, ProductUnavailableError


@strawberry.type
class Mutation:
    @mutation(
        description="Place an order: reserve its stock and hold its money, or neither. Repeat it with the same key.",
        fails=[
            ValidationError,
            RateLimitedError,
            ProductUnavailableError,
            InsufficientStockError,
            results.PriceChangedError,
            results.PaymentDeclinedError,
            results.PaymentPendingError,
            IdempotencyConflictError,
        ],
        permission_classes=[IsAuthenticated],
        per_document=10,
    )
    def create_order(self, info: Info, input: inputs.CreateOrderInput) -> results.CreateOrderSuccess:
        placement = services.create_order(
            viewer=info.context.viewer,
            lines=[line.line() for line in input.lines],
            payment_method=input.payment_method,
            key=input.idempotency_key,
            delivery=inputs.delivery_of(input.delivery),
            note=given(input.note) or "",
            expected_total=given(input.expected_total),
        )
        return results.CreateOrderSuccess(order=placement.order, replayed=placement.replayed)

    @mutation(
        description="Cancel an order that is PENDING or CONFIRMED: its stock is back at once, its hold is released. "
        "By its customer or by staff; NotFoundError for others.",
        gives=(Order, "The order was cancelled and its stock is back."),
        fails=[NotFoundError, results.InvalidStateError],
        permission_classes=[IsAuthenticated],
    )
    def cancel_order(self, info: Info, input: inputs.CancelOrderInput) -> models.Order:
        return services.cancel_order(
            viewer=info.context.viewer, order_id=key_of(input.order_id, "Order"), reason=input.reason or ""
        )

    @mutation(
        description="Send an order: capture the hold of a CONFIRMED order, which makes it FULFILLED with an invoice.",
        gives=(Order, "The payment was captured and the order is FULFILLED."),
        fails=[
            ValidationError,
            NotFoundError,
            results.InvalidStateError,
            results.PaymentDeclinedError,
            results.PaymentPendingError,
        ],
        permission_classes=[IsStaff],
    )
    def fulfill_order(self, info: Info, input: inputs.FulfillOrderInput) -> models.Order:
        return services.fulfill_order(
            viewer=info.context.viewer,
            order_id=key_of(input.order_id, "Order"),
            carrier=given(input.carrier) or "",
            tracking_number=given(input.tracking_number) or "",
            tracking_url=given(input.tracking_url) or "",
        )

    @mutation(
        description="Give back all or part of a FULFILLED order's money; stock comes back by `returns` alone. "
        "Repeat it with the same key.",
        fails=[
            ValidationError,
            NotFoundError,
            results.InvalidStateError,
            results.RefundTooLargeError,
            results.PaymentPendingError,
            IdempotencyConflictError,
        ],
        permission_classes=[IsStaff],
    )
    def refund_order(self, info: Info, input: inputs.RefundOrderInput) -> results.RefundOrderSuccess:
        returns = given(input.returns)
        refunded = services.refund_order(
            viewer=info.context.viewer,
            order_id=key_of(input.order_id, "Order"),
            amount=given(input.amount),
            reason=input.reason,
            key=input.idempotency_key,
            returns=None if returns is None else [one.line() for one in returns],
            staff_note=given(input.staff_note) or "",
        )
        return results.RefundOrderSuccess(order=refunded.order, refund=refunded.refund, replayed=refunded.replayed)
