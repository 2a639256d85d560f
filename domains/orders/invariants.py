"""What always holds of stock, money, orders and confirmations, whatever died in between.

Each rule is one statement over all rows and yields what breaks it. What work that is still promised will mend is
`pending`, not broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from domains.accounts.models import User
from domains.common.background.models import OutboxMessage
from domains.common.data.transactions import snapshot
from domains.orders.models import Order, OrderCharge, OrderEvent, OrderLine
from domains.orders.statements import STATEMENTS
from domains.orders.transitions import CANCELLABLE, CONFIRMATION
from domains.payments.models import Payment, PaymentOperation
from domains.payments.services import CHANGED
from domains.products.models import Product

MOST_TOLD = 1_000  # of orders that wait: somebody who looks needs no more
GRACE = timedelta(minutes=1)  # the sweep of expired orders runs twice a minute

Type = OrderEvent.Type
Status = Order.Status
Paid = Payment.Status


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that breaks a rule, or that work still promised will bring in line."""

    what: str
    row_id: UUID | None
    detail: str
    pending: bool = False


type Rule = Callable[[], Iterator[Finding]]


def check(*, statement_seconds: int = 0) -> list[tuple[str, Finding]]:
    """What breaks a rule, with the rule in words, all at one moment: a shop that is open moves between two looks.

    Each statement has so many seconds, 0: as long as it takes. Raises DatabaseError beyond.
    """
    with snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{statement_seconds}s"])
        return [(name_of(rule), finding) for rule in RULES for finding in rule()]


def name_of(rule: Rule) -> str:
    """In words."""
    return rule.__name__.replace("_", " ")


def stock_is_the_sum_of_its_ledger() -> Iterator[Finding]:
    """Every product's stock is the sum of its movements."""
    products = Product.objects.values("id", "stock").annotate(ledger=Coalesce(Sum("movements__delta"), 0))
    for product in products.exclude(stock=F("ledger")):
        yield Finding("product", product["id"], f"stock {product['stock']}, ledger {product['ledger']}")


def reserved_is_what_open_orders_hold() -> Iterator[Finding]:
    """Every product's `reserved` is the sum of the lines of its PENDING and CONFIRMED orders."""
    open_ = Q(order_lines__order__status__in=CANCELLABLE)
    held = Coalesce(Sum("order_lines__quantity", filter=open_), 0)
    for product in Product.objects.values("id", "reserved").annotate(held=held).exclude(reserved=F("held")):
        yield Finding("product", product["id"], f"reserved {product['reserved']}, open orders {product['held']}")


def amounts_are_in_order() -> Iterator[Finding]:
    """0 <= refunds_pending <= refunded <= captured <= authorized <= amount."""
    amounts = ("refunds_pending", "refunded", "captured", "authorized", "amount")
    ordered = Q(refunds_pending__gte=0, **{f"{more}__gte": F(less) for less, more in pairwise(amounts)})
    for payment in Payment.objects.exclude(ordered):
        steps = f"{payment.refunded} refunded, {payment.captured} captured, {payment.authorized} authorized"
        yield Finding("payment", payment.id, f"{steps} of {payment.amount}")


def refunds_add_up() -> Iterator[Finding]:
    """What a payment says was refunded, and of that is pending, is the sum of its refunds that have not failed."""
    made, waits = (
        Coalesce(Sum("refunds__amount", filter=Q(refunds__status__in=statuses)), 0)
        for statuses in (["SUCCEEDED", "PENDING"], ["PENDING"])
    )
    paid = Payment.objects.values("id", "refunded", "refunds_pending").annotate(made=made, waits=waits)
    for payment in paid.exclude(refunded=F("made"), refunds_pending=F("waits")):
        says = "refunded {refunded}, refunds {made}; pending {refunds_pending}, refunds {waits}"
        yield Finding("payment", payment["id"], says.format(**payment))


def captured_once() -> Iterator[Finding]:
    """No payment was captured twice."""
    captures = PaymentOperation.objects.filter(
        kind=PaymentOperation.Kind.CAPTURE, status=PaymentOperation.Status.SUCCEEDED
    )
    for payment in captures.values("payment_id").annotate(times=Count("id")).filter(times__gt=1):
        yield Finding("payment", payment["payment_id"], f"captured {payment['times']} times")


def totals_add_up() -> Iterator[Finding]:
    """An order's total is the sum of its lines and charges, and the amount of its payment."""
    sums = Order.objects.annotate(of_lines=_sum(OrderLine, "total"), of_charges=_sum(OrderCharge, "amount"))
    agreed = Q(total=F("of_lines") + F("of_charges"), charges_total=F("of_charges"), payment__amount=F("total"))
    columns = ("id", "total", "of_lines", "of_charges", "charges_total", "payment__amount")
    for id_, total, lines, charges, charges_total, paid in sums.exclude(agreed).values_list(*columns):
        parts = f"lines {lines}, charges {charges} ({charges_total})"
        yield Finding("order", id_, f"total {total}, {parts}, payment {paid}")


def tax_adds_up() -> Iterator[Finding]:
    """An order's tax is that of its lines and charges."""
    orders = Order.objects.values("id", "tax").annotate(parts=_sum(OrderLine, "tax") + _sum(OrderCharge, "tax"))
    for order in orders.exclude(tax=F("parts")):
        yield Finding("order", order["id"], f"tax {order['tax']}, of lines and charges {order['parts']}")


def _sum(model: type[OrderLine | OrderCharge], column: str) -> Coalesce:
    """Of what an order has of these rows."""
    rows = model._default_manager.filter(order=OuterRef("id")).values("order")
    return Coalesce(Subquery(rows.annotate(sum=Sum(column)).values("sum")), 0, output_field=BigIntegerField())


def one_confirmation_each() -> Iterator[Finding]:
    """An order that was ever confirmed has exactly one confirmation, unless it was cancelled before, its history
    says that the mail could not be delivered, or its customer was erased first; any other none."""
    orders = Order.objects.values("id").annotate(
        confirmed=Count("events", filter=Q(events__type=Type.CONFIRMED)),
        sent=Count("events", filter=Q(events__type=Type.CONFIRMATION_EMAIL_SENT)),
        promised=_promised(CONFIRMATION, "id"),
    )
    unsent = OrderEvent.objects.filter(order=OuterRef("id"), type=Type.EMAIL_NOT_SENT, data__topic=CONFIRMATION)
    erased = User.objects.filter(erased_at__isnull=False).values("id")
    over = Q(Q(status=Status.CANCELLED) | Exists(unsent) | Q(customer__in=erased), confirmed=1, sent=0)
    for order in orders.exclude(over).exclude(confirmed=F("sent"), sent__lte=1):
        pending = order["promised"] and (order["confirmed"], order["sent"]) == (1, 0)
        detail = f"confirmed {order['confirmed']} times, confirmations {order['sent']}"
        yield Finding("order", order["id"], detail, pending)


def nobody_waits_for_ever() -> Iterator[Finding]:
    """No order is PENDING a minute after its payment window."""
    late = Order.objects.filter(status=Status.PENDING, expires_at__lt=timezone.now() - GRACE)
    for order in late.order_by("expires_at")[:MOST_TOLD]:
        yield Finding("order", order.id, f"PENDING, its window ended at {order.expires_at:%Y-%m-%d %H:%M:%S}")


def orders_agree_with_their_payments() -> Iterator[Finding]:
    """CONFIRMED: held. FULFILLED, REFUNDED: captured, and given back in full. CANCELLED: no money held or kept."""
    given_back = F("payment__refunded") - F("payment__refunds_pending")
    settled = (
        Q(status=Status.PENDING, payment__status__in=Payment.UNDECIDED)
        | Q(status=Status.CONFIRMED, payment__status=Paid.AUTHORIZED)
        | Q(status=Status.FULFILLED, payment__status=Paid.CAPTURED, payment__captured__gt=given_back)
        | Q(status=Status.REFUNDED, payment__status=Paid.CAPTURED, payment__captured=given_back)
        | Q(status=Status.CANCELLED, payment__status__in=(Paid.VOIDED, Paid.FAILED))
        | Q(status=Status.CANCELLED, payment__status=Paid.CAPTURED, payment__refunded=F("payment__captured"))
    )
    # A void, and a refund of what it came too late for, go on until the provider answers; what is done moves the
    # order a moment later.
    ends = Q(status=Status.CANCELLED)
    follows = ends | Q(status__in=(Status.CONFIRMED, Status.FULFILLED), payment__status=Paid.CAPTURED)
    pending = (ends & Exists(_OPEN_OPERATIONS)) | (follows & _promised(CHANGED, "payment"))
    orders = Order.objects.exclude(settled).annotate(pending=Case(When(pending, then=True), default=False))
    for order_id, status, paid, waits in orders.values_list("id", "status", "payment__status", "pending"):
        yield Finding("order", order_id, f"{status}, its payment {paid}", waits)


_OPEN_OPERATIONS = PaymentOperation.objects.filter(
    payment=OuterRef("payment"), status=PaymentOperation.Status.REQUESTED
)


def _promised(topic: str, key: str) -> Exists:
    """Whether a message about a row will still be delivered."""
    return Exists(
        OutboxMessage.objects.filter(topic=topic, key=OuterRef(key), done_at__isnull=True, dead_at__isnull=True)
    )


def stock_moved_with_orders() -> Iterator[Finding]:
    """An order took its lines' quantities once, and a cancelled one put them back once.

    Orders brought in as history (fulfilled, and never confirmed here) moved none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVEMENTS)
        for order_id, product_id, *quantities in cursor.fetchall():
            detail = "product {}: ordered {}, taken {}, to put back {}, put back {}".format(product_id, *quantities)
            yield Finding("order", order_id, detail)


_MOVEMENTS = """
WITH orders AS (
    SELECT id, status FROM orders_order o WHERE status IN ('PENDING', 'CONFIRMED', 'CANCELLED')
        OR EXISTS (SELECT FROM orders_orderevent e WHERE e.order_id = o.id AND e.type = 'CONFIRMED')
), wanted AS (
    SELECT o.id, l.product_id, sum(l.quantity) AS taken,
           sum(CASE o.status WHEN 'CANCELLED' THEN l.quantity ELSE 0 END) AS back
    FROM orders o JOIN orders_orderline l ON l.order_id = o.id GROUP BY o.id, l.product_id
), moved AS (
    SELECT reference AS id, product_id, -coalesce(sum(delta) FILTER (WHERE reason = 'ORDER'), 0) AS taken,
           coalesce(sum(delta) FILTER (WHERE reason = 'CANCELLATION'), 0) AS back
    FROM products_stockmovement WHERE reason IN ('ORDER', 'CANCELLATION') GROUP BY reference, product_id
)
SELECT id, product_id, coalesce(wanted.taken, 0), coalesce(moved.taken, 0),
       coalesce(wanted.back, 0), coalesce(moved.back, 0)
FROM wanted FULL JOIN moved USING (id, product_id)
WHERE (wanted.taken, wanted.back) IS DISTINCT FROM (moved.taken, moved.back)
"""


def _rule(name: str, statement: str) -> Rule:
    def rule() -> Iterator[Finding]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            for what, row_id, detail in cursor.fetchall():
                yield Finding(what, row_id, detail)

    rule.__name__ = name
    return rule


RULES: tuple[Rule, ...] = (
    stock_is_the_sum_of_its_ledger,
    stock_moved_with_orders,
    reserved_is_what_open_orders_hold,
    amounts_are_in_order,
    refunds_add_up,
    captured_once,
    totals_add_up,
    tax_adds_up,
    one_confirmation_each,
    nobody_waits_for_ever,
    orders_agree_with_their_payments,
    *(_rule(name, statement) for name, statement in STATEMENTS.items()),
)
