"""check_invariants: silent about an ordinary life, loud about each rule that is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from domains.common.background.models import OutboxMessage
from domains.common.data.models import new_id
from domains.common.data.numbering import NumberSeries
from domains.common.graphql.ids import key_of
from domains.orders.invariants import RULES, Finding
from domains.orders.models import (
    SINGLE_MAILS,
    Invoice,
    Order,
    OrderCharge,
    OrderEvent,
    OrderLine,
    ReturnedLine,
    Shipment,
)
from domains.orders.services import expire_orders
from domains.orders.services.reserving import recount_reserved
from domains.payments.models import Payment, PaymentOperation, Refund
from domains.products.models import Product, StockMovement
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy, deliver_due, make_due, the_order, wish
from tests.factories import DeliveryMethodFactory, ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

CHECKS = {rule.__name__: rule for rule in RULES}


def found(rule: str, *, pending: bool = False) -> list[str]:
    """The ids of what breaks a rule, or is pending under it; nothing may break another one."""
    others = [finding for name, check in CHECKS.items() if name != rule for finding in check()]
    assert [finding for finding in others if not finding.pending] == []
    return [str(finding.row_id) for finding in CHECKS[rule]() if finding.pending == pending]


def checked() -> str:
    output = StringIO()
    call_command("check_invariants", stdout=output)
    return output.getvalue()


def work() -> None:
    """Everything that is promised is done."""
    while deliver_due():
        make_due()


@contextmanager
def without(*constraints: tuple[str, str]) -> Iterator[None]:
    """With these constraints of the database away; all is undone afterwards."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for table, name in constraints:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def order(api: Api) -> Order:
    """CONFIRMED, and its customer knows."""
    assert buy(api, [(ProductFactory.create(), 2)])["order"]["status"] == "CONFIRMED"
    work()
    return the_order()


@pytest.fixture
def delivered(api: Api) -> Order:
    """CONFIRMED, with tax, a charge and an address."""
    method = DeliveryMethodFactory.create(tax_rate=20)
    cart = wish([(ProductFactory.create(tax_rate=20), 2)], method)
    assert api.call("createOrder", "order { status }", **cart)["order"] == {"status": "CONFIRMED"}
    work()
    return the_order()


def test_an_ordinary_life_breaks_nothing(api: Api, staff: Api) -> None:
    cart = [(ProductFactory.create(stock=50), 2), (ProductFactory.create(stock=50), 3)]
    bought = [buy(api, cart)["order"]["id"] for _ in range(4)]
    methods = ("pm_card_chargeDeclined", "pm_card_authenticationRequired", "pm_card_authenticationRequired")
    for method in methods:
        buy(api, cart, method)
    api.call("cancelOrder", "order { id }", orderId=bought[0])
    for order_id in bought[1:]:
        staff.call("fulfillOrder", "order { id }", orderId=order_id)
    line = {"orderLineId": gid(OrderLine.objects.get(order=key_of(bought[3], "Order"), position=1)), "quantity": 2}
    ways: tuple[dict[str, Any], ...] = ({"amount": "10"}, {}, {"returns": [line]})
    for order_id, fields in zip(bought[1:], ways, strict=True):
        staff.call("refundOrder", "order { id }", orderId=order_id, reason="Broken", idempotencyKey=uuid4(), **fields)
    delta = {"delta": -3, "reason": "Counted", "idempotencyKey": uuid4()}
    staff.call("adjustStock", "product { id }", productId=gid(cart[0][0]), **delta)
    late = Order.objects.filter(status="PENDING").order_by("id").values_list("id", flat=True)[:1]
    Order.objects.filter(id__in=late).update(expires_at=timezone.now())
    expire_orders()
    assert "BROKEN" not in checked()
    work()
    states = Order.objects.order_by("status").values_list("status", flat=True)
    assert list(states) == [*["CANCELLED"] * 3, *["FULFILLED"] * 2, "PENDING", "REFUNDED"]
    assert checked() == f"{len(RULES)} rules hold, 0 pending\n"


def test_the_command_names_what_is_broken_and_ends_with_an_error(order: Order) -> None:
    Product.objects.update(stock=F("stock") + 1)
    output = StringIO()
    with pytest.raises(CommandError, match=r"^1 broken, 0 pending$"):
        call_command("check_invariants", stdout=output)
    product = Product.objects.get()
    line = f"BROKEN: stock is the sum of its ledger: product {product.id}: stock 9, ledger 8\n"
    assert output.getvalue() == line


def test_stock_that_left_its_ledger_is_found(order: Order) -> None:
    Product.objects.update(stock=F("stock") - 1)
    assert found("stock_is_the_sum_of_its_ledger") == [str(Product.objects.get().id)]


def test_what_is_reserved_for_no_order_or_not_for_an_order_is_found_and_counted_anew(order: Order) -> None:
    ProductFactory.create(reserved=1)
    Product.objects.filter(id=order.lines.get().product_id).update(reserved=0)
    off = sorted(str(id_) for id_ in Product.objects.values_list("id", flat=True))
    assert sorted(found("reserved_is_what_open_orders_hold")) == off
    assert recount_reserved() == 2
    assert checked().startswith(f"{len(RULES)} rules hold")


@pytest.mark.parametrize(
    "amounts",
    [{"refunded": -1}, {"captured": 1}, {"authorized": 2501}, {"refunded": 1}, {"refunds_pending": 1}],
)
def test_amounts_out_of_order_are_found(order: Order, amounts: dict[str, int]) -> None:
    names = ("payment_amounts_in_order", "payment_not_over_authorized", "payment_pending_within_refunded")
    with without(*(("payments_payment", name) for name in names)):
        Payment.objects.update(**({"authorized": 0} | amounts if "captured" in amounts else amounts))
        findings = [finding.row_id for finding in CHECKS["amounts_are_in_order"]()]
    assert findings == [order.payment_id]


def test_a_refund_that_was_not_counted_is_found(order: Order, staff: Api) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    Refund.objects.create(payment=order.payment, amount=1, currency="GBP", reason="Twice")
    assert found("refunds_add_up") == [str(order.payment_id)]


def test_a_second_capture_is_found(order: Order, staff: Api) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    PaymentOperation.objects.create(payment=order.payment, kind="CAPTURE", status="SUCCEEDED", amount=order.total)
    assert found("captured_once") == [str(order.payment_id)]


def test_a_line_that_is_not_in_the_total_is_found(order: Order) -> None:
    OrderLine.objects.update(unit_price=F("unit_price") + 1, total=F("total") + F("quantity"))
    assert found("totals_add_up") == [str(order.id)]


def test_a_charge_that_is_not_in_the_total_is_found(delivered: Order) -> None:
    OrderCharge.objects.update(amount=F("amount") + 1)
    assert found("totals_add_up") == [str(delivered.id)]
    OrderCharge.objects.update(amount=F("amount") - 1)
    Order.objects.update(charges_total=F("charges_total") - 1)
    assert found("totals_add_up") == [str(delivered.id)]


def test_tax_that_no_line_or_charge_has_is_found(delivered: Order) -> None:
    for model in (OrderLine, OrderCharge, Order):
        model._default_manager.update(tax=F("tax") + 1)
        assert found("tax_adds_up") == [str(delivered.id)]
        model._default_manager.update(tax=F("tax") - 1)
    assert found("tax_adds_up") == []


def test_a_total_that_was_not_paid_is_found(order: Order) -> None:
    Payment.objects.update(amount=F("amount") + 1)
    assert found("totals_add_up") == [str(order.id)]


def test_a_confirmation_is_pending_while_it_is_promised_and_broken_without(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    order, rule = the_order(), "one_confirmation_each"
    assert (found(rule), found(rule, pending=True)) == ([], [str(order.id)])
    assert checked().endswith("rules hold, 1 pending\n")
    OutboxMessage.objects.filter(topic="orders.confirmation").update(dead_at=timezone.now())
    assert found(rule) == [str(order.id)]
    OutboxMessage.objects.filter(topic="orders.confirmation").delete()
    assert found(rule) == [str(order.id)]


def test_a_second_confirmation_is_found(order: Order) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX order_one_mail_each")
        try:
            OrderEvent.objects.create(order=order, type="CONFIRMATION_EMAIL_SENT")
            assert found("one_confirmation_each") == [str(order.id)]
        finally:
            OrderEvent.objects.filter(order=order, message="").delete()
            cursor.execute(
                "CREATE UNIQUE INDEX order_one_mail_each ON orders_orderevent (order_id, type)"
                f" WHERE type IN {SINGLE_MAILS}"
            )


def test_a_confirmation_of_an_order_that_never_was_confirmed_is_found(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    OrderEvent.objects.create(order=the_order(), type="CONFIRMATION_EMAIL_SENT")
    assert found("one_confirmation_each") == [str(the_order().id)]


def test_an_order_that_waits_beyond_its_window_is_found(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=30))
    assert found("nobody_waits_for_ever") == []
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=90))
    assert found("nobody_waits_for_ever") == [str(the_order().id)]


@pytest.mark.parametrize("status", ["PENDING", "REQUIRES_ACTION", "VOIDED", "FAILED"])
def test_a_confirmed_order_without_its_hold_is_found(order: Order, status: str) -> None:
    Payment.objects.update(status=status)
    assert found("orders_agree_with_their_payments") == [str(order.id)]


def test_money_that_was_taken_for_an_order_that_stays_confirmed_is_found(order: Order) -> None:
    Payment.objects.update(status="CAPTURED", captured=F("authorized"))
    assert found("orders_agree_with_their_payments") == [str(order.id)]
    OutboxMessage.objects.create(topic="payments.changed", key=order.payment_id, due_at=timezone.now())
    assert found("orders_agree_with_their_payments", pending=True) == [str(order.id)]
    work()
    assert found("orders_agree_with_their_payments") == []


def test_a_hold_that_outlives_its_order_is_found_unless_its_void_is_open(order: Order, api: Api) -> None:
    api.call("cancelOrder", "order { id }", orderId=gid(order))
    work()
    Payment.objects.update(status="AUTHORIZED")
    rule = "orders_agree_with_their_payments"
    assert found(rule) == [str(order.id)]
    PaymentOperation.objects.update(status="REQUESTED")
    assert (found(rule), found(rule, pending=True)) == ([], [str(order.id)])


@pytest.mark.parametrize("reason", ["ORDER", "CANCELLATION"])
def test_pieces_taken_or_put_back_too_often_or_not_at_all_are_found(order: Order, api: Api, reason: str) -> None:
    api.call("cancelOrder", "order { id }", orderId=gid(order))
    movement = StockMovement.objects.get(reason=reason)
    rule = "stock_moved_with_orders"
    for change in (1, -1):
        with transaction.atomic():
            Product.objects.update(stock=F("stock") + change * movement.delta)
            if change == 1:
                StockMovement.objects.create(
                    product_id=movement.product_id, delta=movement.delta, reason=reason, reference=order.id
                )
            else:
                movement.delete()
            assert found(rule) == [str(order.id)]
            transaction.set_rollback(True)


def test_pieces_of_an_order_that_does_not_exist_are_found(order: Order) -> None:
    nobody = new_id()
    Product.objects.update(stock=F("stock") - 1)
    StockMovement.objects.create(product=Product.objects.get(), delta=-1, reason="ORDER", reference=nobody)
    assert found("stock_moved_with_orders") == [str(nobody)]


def took_back(order: Order) -> None:
    OrderLine.objects.update(returned_quantity=1)


def took_back_without_a_refund(order: Order) -> None:
    took_back(order)
    ReturnedLine.objects.create(line=order.lines.get(), operation_id=new_id(), quantity=1, restocked=False)


def restocked(order: Order) -> None:
    Product.objects.update(stock=F("stock") + 1)
    StockMovement.objects.create(product=Product.objects.get(), delta=1, reason="RETURN", reference=order.id)


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("returned_is_the_sum_of_the_returns", took_back),
        ("what_came_back_belongs_to_a_refund", took_back_without_a_refund),
        ("what_came_back_was_restocked_once", restocked),
        ("invoices_say_what_was_captured_of_what_was_sent", lambda _: Invoice.objects.update(total=F("total") - 1)),
        ("invoices_say_what_was_captured_of_what_was_sent", lambda _: Invoice.objects.update(tax=1)),
        ("invoices_say_what_was_captured_of_what_was_sent", lambda _: Shipment.objects.update(sent_at=None)),
        ("numbers_have_no_gaps", lambda _: NumberSeries.objects.update(last=F("last") + 1)),
        ("numbers_have_no_gaps", lambda _: Invoice.objects.update(number="INV-2026-000002")),
    ],
)
def test_what_is_wrong_about_an_order_that_was_sent_is_found(
    order: Order, staff: Api, rule: str, broken: Callable[[Order], object]
) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    work()
    broken(order)
    assert len(found(rule)) == 1


def test_an_order_that_the_release_before_has_sent_needs_no_invoice(order: Order, staff: Api) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    work()
    for model in (Invoice, Shipment, NumberSeries):
        model._default_manager.all().delete()
    assert checked().startswith(f"{len(RULES)} rules hold")


def test_orders_brought_in_as_history_break_nothing(order: Order) -> None:
    OrderEvent.objects.exclude(type="PLACED").delete()
    Order.objects.update(status="FULFILLED")
    Payment.objects.update(status="CAPTURED", captured=F("authorized"))
    Product.objects.update(stock=10, reserved=0)
    StockMovement.objects.filter(reason="ORDER").delete()
    assert [finding for rule in RULES for finding in rule()] == list[Finding]()
