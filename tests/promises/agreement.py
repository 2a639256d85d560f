"""What must be true of a customer's orders, their payments, the provider and the stock, always and in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from domains.common.background.models import OutboxMessage
from domains.common.viewer import Viewer
from domains.orders.models import Invoice, Order, OrderEvent, OrderLine, ReturnedLine, Shipment
from domains.orders.services.reserving import held
from domains.orders.services.settling import SETTLE
from domains.payments.models import Payment, PaymentOperation, SandboxIntent, SandboxRefund
from domains.payments.services import CHANGED, OPERATION
from domains.products.models import Product, StockMovement

AT_THE_PROVIDER = {
    Payment.Status.AUTHORIZED: {"requires_capture"},
    Payment.Status.CAPTURED: {"succeeded"},
    Payment.Status.VOIDED: {"canceled"},
    Payment.Status.FAILED: {"canceled"},
}
PUT_IN = (StockMovement.Reason.INITIAL, StockMovement.Reason.ADJUSTMENT, StockMovement.Reason.COUNT)


def assert_agreement(products: Sequence[Product], buyer: Viewer) -> None:
    """After every step."""
    _assert_stock(products)
    orders = list(Order.objects.filter(customer_id=buyer.user_id).select_related("payment"))
    payments = [order.payment for order in orders]
    open_ = {row.payment_id: row for row in PaymentOperation.objects.filter(payment__in=payments, status="REQUESTED")}
    promised = set(OutboxMessage.objects.filter(done_at__isnull=True, dead_at__isnull=True).values_list("topic", "key"))
    for order in orders:
        payment, operation = order.payment, open_.get(order.payment_id)
        assert 0 <= payment.refunded <= payment.captured <= payment.authorized <= payment.amount == order.total
        assert operation is None or (OPERATION, operation.id) in promised
        assert order.status != "PENDING" or (SETTLE, order.id) in promised
        told = (CHANGED, payment.id) in promised
        assert _agrees(order, operation, told=told), (order.status, payment.status, operation and operation.kind, told)
    _assert_sent(orders)
    at_rest = [one for one in payments if one.id not in open_ and one.status not in Payment.UNDECIDED]
    _assert_provider_agrees(at_rest)


def _assert_stock(products: Sequence[Product]) -> None:
    ids = [product.id for product in products]
    ledger: Counter[UUID] = Counter()
    put_in: Counter[UUID] = Counter()
    for id_, reason, delta in StockMovement.objects.filter(product__in=ids).values_list("product", "reason", "delta"):
        ledger[id_] += delta
        put_in[id_] += delta if reason in PUT_IN else 0
    lines = OrderLine.objects.filter(product__in=ids).exclude(order__status="CANCELLED")
    for id_, pieces in lines.values_list("product", "quantity"):
        put_in[id_] -= pieces
    back = ReturnedLine.objects.filter(line__product__in=ids, restocked=True)
    for id_, pieces in back.values_list("line__product", "quantity"):
        put_in[id_] += pieces
    open_ = held(ids)
    for id_, stock, reserved in Product.objects.filter(id__in=ids).values_list("id", "stock", "reserved"):
        assert stock == ledger[id_] == put_in[id_] >= 0
        assert reserved == open_.get(id_, 0)


def _assert_sent(orders: Sequence[Order]) -> None:
    """Each order that was sent, and no other one, has one invoice over what was captured; no more came back of it."""
    sent = {order.id: order.payment.captured for order in orders if order.status in ("FULFILLED", "REFUNDED")}
    assert dict(Invoice.objects.filter(order__in=orders).values_list("order", "total")) == sent
    assert set(Shipment.objects.filter(order__in=orders, sent_at__isnull=False).values_list("order", flat=True)) == set(
        sent
    )
    lines = OrderLine.objects.filter(order__in=orders).annotate(back=Coalesce(Sum("returns__quantity"), 0))
    assert not lines.exclude(returned_quantity=F("back")).exists()
    assert not lines.filter(back__gt=0).exclude(order__in=sent).exists()


def _agrees(order: Order, operation: PaymentOperation | None, *, told: bool) -> bool:
    """Whether the order's state fits its payment's; `told`: news of the payment are still to be delivered."""
    payment, kind = order.payment, operation.kind if operation else ""
    undecided = payment.status in Payment.UNDECIDED
    whole = payment.refunded == payment.captured
    match order.status:
        case "PENDING":
            return undecided and not kind
        case "CONFIRMED":
            return (payment.status == "AUTHORIZED" and kind in ("", "CAPTURE")) or (
                payment.status == "CAPTURED" and told and not kind
            )
        case "FULFILLED":
            return payment.status == "CAPTURED" and (not whole or told) and kind in ("", "REFUND")
        case "REFUNDED":
            return payment.status == "CAPTURED" and whole and not kind
        case _:
            if payment.status == "CAPTURED":  # at the provider, before its void came there
                return whole or told or kind == "REFUND"
            return payment.captured == 0 and (payment.status in ("VOIDED", "FAILED") or kind == "VOID" or told)


def _assert_provider_agrees(payments: Sequence[Payment]) -> None:
    """For decided payments without an open operation."""
    keys = [f"{payment.id}:create" for payment in payments]
    intents = {intent.idempotency_key: intent for intent in SandboxIntent.objects.filter(idempotency_key__in=keys)}
    given_back: Counter[UUID] = Counter()
    for refund in SandboxRefund.objects.filter(intent__in=intents.values()):
        given_back[refund.intent_id] += refund.amount
    for key, payment in zip(keys, payments, strict=True):
        if intent := intents.get(key):
            assert intent.status in AT_THE_PROVIDER[Payment.Status(payment.status)], (payment.status, intent.status)
            assert (intent.captured, given_back[intent.id]) == (payment.captured, payment.refunded)
        else:  # it came never so far
            assert payment.status in ("VOIDED", "FAILED")


def assert_settled(buyer: Viewer) -> Counter[str]:
    """When nothing happens any more; the number of orders by state."""
    orders = Order.objects.filter(customer_id=buyer.user_id)
    mine = orders.values_list("payment_id", flat=True)
    assert not OutboxMessage.objects.filter(done_at__isnull=True).exists()
    assert not PaymentOperation.objects.filter(payment__in=mine, status="REQUESTED").exists()
    assert not PaymentOperation.objects.filter(payment__in=mine, status="FAILED").exists()
    states = Counter(status.lower() for status in orders.values_list("status", flat=True))
    assert not states["pending"]
    assert not Payment.objects.filter(id__in=mine, status__in=Payment.UNDECIDED).exists()
    _assert_provider_agrees(list(Payment.objects.filter(id__in=mine)))
    confirmed, mailed = (_orders_with(type_, buyer) for type_ in ("CONFIRMED", "CONFIRMATION_EMAIL_SENT"))
    overtaken = orders.filter(id__in=set(confirmed) - set(mailed), status="CANCELLED").values_list("id", flat=True)
    assert sorted([*mailed, *overtaken]) == confirmed
    assert _orders_with("SENDING_EMAIL_SENT", buyer) == _orders_with("FULFILLED", buyer)
    assert _orders_with("REFUND_EMAIL_SENT", buyer) == _orders_with("REFUND_MADE", buyer)
    ended = {*_orders_with("CANCELLED", buyer), *_orders_with("EXPIRED", buyer)}  # but for those that were declined
    assert ended <= set(_orders_with("CANCELLATION_EMAIL_SENT", buyer))
    back = ReturnedLine.objects.filter(line__order__in=orders).count()
    return Counter(orders=sum(states.values()), lines_back=back) + states


def _orders_with(type_: str, buyer: Viewer) -> list[UUID]:
    """The orders with such an event, as often as they have it."""
    events = OrderEvent.objects.filter(order__customer=buyer.user_id, type=type_)
    return sorted(events.values_list("order_id", flat=True))
