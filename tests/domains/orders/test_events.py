"""What an order's history says: who caused what, in words that its customer reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from pytest_django import Settings

from domains.accounts.models import User
from domains.orders.models import Order, OrderEvent
from domains.orders.services import expire_holds, expire_orders
from domains.payments.models import Payment, PaymentOperation
from tests.api import Api, gid
from tests.domains.orders.dashboard import TOTAL, cancel, capture_there, drain, refund, refund_there, release_there
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory, StaffFactory
from tests.history import make_orders

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

LONG_AGO = "2026-01-01T00:00:00Z"
NOTE = "Third parcel lost this month:\nask the carrier"


def told(api: Api) -> list[dict[str, str]]:
    """The history of the viewer's latest order."""
    nodes = api.data("{ orders(first: 1) { nodes { events { type actor message } } } }")["orders"]["nodes"]
    history: list[dict[str, str]] = nodes[0]["events"]
    return history


def actors(api: Api) -> list[tuple[str, str]]:
    return [(event["type"], event["actor"]) for event in told(api) if not event["type"].endswith("_EMAIL_SENT")]


def end_old(work: Callable[[], object]) -> None:
    Order.objects.update(expires_at=LONG_AGO)
    Payment.objects.update(authorized_at=LONG_AGO)
    work()
    drain()


def test_a_history_names_who_caused_each_event(api: Api, staff: Api, order: Order) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    back = [{"orderLineId": gid(order.lines.get()), "quantity": 1}]
    assert refund(staff, order, returns=back) == "RefundOrderSuccess"
    refund_there(order, TOTAL // 2)
    staff_side = [(kind, "STAFF") for kind in ("CAPTURE_REQUESTED", "FULFILLED", "RETURNED", "REFUND_REQUESTED")]
    drain()
    started = [("PLACED", "CUSTOMER"), ("CONFIRMED", "PROVIDER")]
    assert actors(api)[:7] == [*started, *staff_side, ("REFUND_MADE", "PROVIDER")]
    mails = {event["actor"] for event in told(api) if event["type"].endswith("_EMAIL_SENT")}
    assert mails == {"SYSTEM"}


@pytest.mark.parametrize(
    ("ending", "actor"),
    [
        (lambda api, staff, order: cancel(api, order), "CUSTOMER"),
        (lambda api, staff, order: cancel(staff, order), "STAFF"),
        (lambda api, staff, order: end_old(expire_holds), "SYSTEM"),
        (lambda api, staff, order: release_there(order), "PROVIDER"),
    ],
)
def test_a_cancellation_names_who_cancelled(
    api: Api,
    staff: Api,
    order: Order,
    tell: Callable[[Order], None],
    ending: Callable[[Api, Api, Order], object],
    actor: str,
) -> None:
    ending(api, staff, order)
    tell(order)
    drain()
    assert ("CANCELLED", actor) in actors(api)


@pytest.mark.parametrize(
    ("method", "event"),
    [
        ("pm_card_chargeDeclined", ("PAYMENT_DECLINED", "PROVIDER")),
        ("pm_card_authenticationRequired", ("PAYMENT_ACTION_REQUIRED", "PROVIDER")),
        ("pm_card_authenticationRequired", ("EXPIRED", "SYSTEM")),
    ],
)
def test_what_the_bank_says_is_the_providers_and_what_time_does_is_the_shops_own(
    api: Api, method: str, event: tuple[str, str]
) -> None:
    buy(api, [(ProductFactory.create(), 1)], method)
    end_old(expire_orders)
    assert event in actors(api)


def test_an_order_whose_money_was_charged_at_the_provider_was_sent_by_nobody_here(
    api: Api, order: Order, tell: Callable[[Order], None]
) -> None:
    capture_there(order)
    tell(order)
    drain()
    assert actors(api)[-1] == ("FULFILLED", "PROVIDER")


def test_money_of_a_cancelled_order_is_given_back_by_the_shop_itself(api: Api, order: Order) -> None:
    capture_there(order)
    cancel(api, order)
    drain()
    assert actors(api)[-3:] == [("CANCELLED", "CUSTOMER"), ("REFUND_REQUESTED", "SYSTEM"), ("REFUND_MADE", "PROVIDER")]
    assert [event["message"] for event in told(api) if event["type"] == "REFUND_REQUESTED"] == [
        "A refund of 20.00 GBP is being made: it was charged for the cancelled order"
    ]


def test_events_of_the_release_before_name_who_must_have_caused_them(customer: User, api: Api) -> None:
    (order,) = make_orders(customer, 1)
    for kind, person in (
        ("CANCELLED", customer.id),
        ("CANCELLED", StaffFactory.create().id),
        ("CANCELLED", None),
        ("REFUND_MADE", None),
        ("CONFIRMATION_EMAIL_SENT", None),
        ("FULFILLED", None),
    ):
        OrderEvent.objects.create(order=order, type=kind, message="", actor_id=person)
    assert set(OrderEvent.objects.values_list("actor", flat=True)) == {""}
    found = [event["actor"] for event in told(api)]
    assert found == ["CUSTOMER", "CUSTOMER", "STAFF", "SYSTEM", "PROVIDER", "SYSTEM", "STAFF"]


@pytest.mark.parametrize(("currency", "shown"), [("GBP", "1.00 GBP"), ("JPY", "100 JPY"), ("KWD", "0.100 KWD")])
def test_amounts_in_a_history_are_written_as_people_write_them(
    api: Api, staff: Api, settings: Settings, currency: str, shown: str
) -> None:
    settings.STORE_CURRENCY = currency
    buy(api, [(ProductFactory.create(price=100), 1)])
    staff.call("fulfillOrder", "order { id }", orderId=gid(the_order()))
    refund(staff, the_order())
    said = [event["message"] for event in told(api) if event["type"].startswith("REFUND_")]
    assert said == [f"A refund of {shown} is being made", f"A refund of {shown} was made: Broken"]


def refund_with_note(staff: Api, order: Order, note: str | None, key: Any = None) -> dict[str, Any]:
    wish = {"orderId": gid(order), "reason": "Broken", "amount": "5", "idempotencyKey": key or uuid4()}
    return staff.call("refundOrder", "replayed refund { reason staffNote }", **wish, staffNote=note)


@pytest.fixture
def sent(staff: Api, order: Order) -> Order:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    drain()
    return order


def test_a_staff_note_is_shown_to_staff_and_nowhere_to_the_customer(
    api: Api, staff: Api, sent: Order, caplog: pytest.LogCaptureFixture
) -> None:
    answer = refund_with_note(staff, sent, f"  {NOTE} ")
    assert answer["refund"] == {"reason": "Broken", "staffNote": NOTE}
    drain()
    query = "{ orders { nodes { events { message } payment { refunds { reason staffNote } } } } }"
    (mine,) = api.data(query)["orders"]["nodes"]
    assert mine["payment"]["refunds"] == [{"reason": "Broken", "staffNote": None}]
    texts = [*(event["message"] for event in mine["events"]), *(sent.body for sent in mail.outbox), caplog.text]
    texts += [str(event.data) for event in OrderEvent.objects.all()]
    assert not [text for text in texts if "carrier" in text]


def test_a_refund_without_a_staff_note_has_none_and_one_that_is_too_long_is_refused(staff: Api, sent: Order) -> None:
    for empty in (None, "", " \n "):
        assert refund_with_note(staff, sent, empty)["refund"]["staffNote"] is None
    refused = refund_with_note(staff, sent, "x" * 501)
    assert (refused["__typename"], refused["path"]) == ("ValidationError", ["input", "staffNote"])
    assert PaymentOperation.objects.filter(kind="REFUND").count() == 3


def test_another_staff_note_under_the_key_is_another_call(staff: Api, sent: Order) -> None:
    key = uuid4()
    assert refund_with_note(staff, sent, NOTE, key)["replayed"] is False
    again = refund_with_note(staff, sent, NOTE, key)
    assert (again["replayed"], again["refund"]["staffNote"]) == (True, NOTE)
    assert refund_with_note(staff, sent, None, key)["__typename"] == "IdempotencyConflictError"
