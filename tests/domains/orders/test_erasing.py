"""Of a person who was erased nothing is left, wherever one looks; their orders are."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections, models, transaction
from django.db.models import Q
from pytest_django import Settings

from domains.accounts import services
from domains.accounts.models import User
from domains.accounts.services import erasing
from domains.common.background import delivering, outbox
from domains.common.data import personal
from domains.common.data.folding import FoldedField
from domains.orders import personal as orders
from domains.orders.models import Order
from domains.payments.models import Dispute
from tests.api import Api, gid
from tests.budgets import small_budget
from tests.domains.common.data.test_personal import columns
from tests.domains.common.together import elsewhere
from tests.domains.orders.dashboard import drain, refund
from tests.domains.orders.lives import EMAIL, IP, NEXT, NOTE, TRACES, TYPED, at_home, live, ordered, somebody
from tests.domains.orders.shop import DATABASES, make_due, somebody_waits_for_us, wish
from tests.factories import PASSWORD, ProductFactory, StaffFactory
from tests.logs import json_log
from tests.processes import wait_until
from tests.remains import in_database, in_redis

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

PLANTED = "seedling-"


@pytest.fixture
def person() -> User:
    return somebody()


@pytest.fixture
def own(person: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Redis hears of the address, and remembers what it heard."""
    small_budget(10**9, settings, monkeypatch)
    return at_home()


def test_nothing_is_left_of_who_was_erased_and_their_orders_are(own: Api, person: User) -> None:
    with json_log() as log:
        live(own)
        before = in_database(*TRACES)
        said = erase(EMAIL)
    assert {"accounts_user.email", "orders_order.delivery_address", "common_outboxmessage.payload"} <= before
    assert (in_database(*TRACES), in_redis(*TRACES)) == (set(), set())
    assert not [line for line in log.getvalue().splitlines() if any(trace in line.lower() for trace in TRACES)]
    assert "orders_order: 3 rows, replaced delivery_address, note, recipient_words" in said
    assert "Not erased, as it is not ours" in said
    staff = Api(StaffFactory.create())
    shown = staff.data("{ orders { nodes { customer { name } deliveryAddress { name countryCode } } } }")
    assert {order["customer"]["name"] for order in shown["orders"]["nodes"]} == {""}
    assert {"name": "", "countryCode": "GB"} in [order["deliveryAddress"] for order in shown["orders"]["nodes"]]
    call_command("check_invariants", stdout=StringIO())
    sent = len(mail.outbox)
    order = Order.objects.get(status=Order.Status.FULFILLED)
    assert refund(staff, order, amount="1.00") == "RefundOrderSuccess"  # nobody is told
    make_due()
    drain()
    assert len(mail.outbox) == sent


def erase(email: str) -> str:
    stream = StringIO()
    call_command("erase_person", email, "--yes", stdout=stream)
    return stream.getvalue()


def texts(holding: personal.Holding) -> list[models.Field[Any, Any]]:
    """Its columns of text that an erasure replaces, or deletes; what is folded from them follows by itself."""
    fields = [holding.model._meta.get_field(name) for name in columns(holding.model)]
    erased = [field for field in fields if holding.erased is None or field.name in holding.erased]
    return [field for field in erased if isinstance(field, models.Field) and not isinstance(field, FoldedField)]


def plant(person: User) -> set[str]:
    """A text in each of these columns, where the rows still are the person's: `table.column`."""
    planted = set()
    for holding in personal.holdings():
        ids = [*holding.rows(person.id).values_list("id", flat=True)]
        assert ids, holding
        for field in texts(holding):
            text: Any = IP if isinstance(field, models.GenericIPAddressField) else f"{PLANTED}{uuid4().hex[:9]}"
            value = {**TYPED, "line1": text} if isinstance(field, models.JSONField) else text
            if field.unique and len(ids) > 1:
                continue
            with transaction.atomic():
                models.QuerySet(holding.model).filter(id__in=ids).update(**{field.name: value})
                if moved := holding.rows(person.id).count() < len(ids):
                    transaction.set_rollback(True)
            if not moved:
                planted.add(f"{holding.model._meta.db_table}.{field.name}")
    return planted


def test_a_column_that_an_erasure_leaves_out_is_found(own: Api, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search sees each of them; after the whole it sees none, and without a part that one alone."""
    live(own)
    planted = plant(person)
    assert len(planted) > 15
    assert planted <= in_database(PLANTED, IP)
    whole = orders.HOLDINGS
    with transaction.atomic():
        monkeypatch.setattr("domains.orders.personal.HOLDINGS", [without(one, "note") for one in orders.HOLDINGS])
        erasing._erase(person.id, Q())
        assert in_database(PLANTED, *TRACES) == {"orders_order.note"}
        transaction.set_rollback(True)
    monkeypatch.setattr("domains.orders.personal.HOLDINGS", whole)
    services.erase(person.id)
    assert in_database(PLANTED, *TRACES) == set()


def without(holding: personal.Holding, column: str) -> personal.Holding:
    kept = holding.erased and {name: new for name, new in holding.erased.items() if name != column}
    return replace(holding, erased=kept)


CALLS: dict[str, Callable[[Api], Any]] = {
    "an order": lambda api: api.post(
        "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { __typename } }",
        {"input": json.loads(json.dumps(wish([(ProductFactory.create(), 1)], note=NOTE), default=str))},
    ),
    "a sign-in": lambda _: Api(address=IP).call("login", "user { id }", email=EMAIL, password=PASSWORD),
    "another name": lambda api: api.post('mutation { updateProfile(input: {name: "Canary"}) { __typename } }'),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_meets_an_erasure_leaves_nothing(own: Api, person: User, name: str) -> None:
    def call() -> Any:
        try:
            return CALLS[name](own)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            erasing._erase(person.id, Q())
            met = threads.submit(call)
            wait_until(somebody_waits_for_us, what="the call meets the erasure")
        assert "Success" not in str(met.result())
    assert (in_database(*TRACES), Order.objects.count()) == (set(), 0)


def test_open_orders_refunds_and_disputes_come_first(own: Api, person: User) -> None:
    order = ordered(own)
    own.call("requestErasure", "user { id }", currentPassword=PASSWORD)
    waits = own.data("{ me { erasureWaitsFor { code count message } } }")["me"]["erasureWaitsFor"]
    assert [(one["code"], one["count"]) for one in waits] == [("OPEN_ORDERS", 1)]
    User.objects.filter(id=person.id).update(erasure_due_at=person.created_at)
    assert erasing.promise_due() == 1
    make_due()
    drain()
    with pytest.raises(CommandError, match="1 x an order is open"):
        erase(EMAIL)
    assert User.objects.get(id=person.id).erased_at is None
    Api(StaffFactory.create()).call("fulfillOrder", "order { id }", orderId=gid(order))
    dispute = Dispute.objects.create(
        payment=order.payment, reference="dp_1", amount=1, currency="GBP", reason="fraudulent", status="needs_response"
    )
    with pytest.raises(CommandError, match="a bank disputes"):
        erase(EMAIL)
    Dispute.objects.filter(id=dispute.id).update(status="lost")
    drain()
    assert User.objects.get(id=person.id).erased_at


def test_a_refund_that_begins_during_an_erasure_is_waited_for(
    own: Api, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is claimed after the first look, and seen by the last."""
    order = ordered(own)
    staff = Api(StaffFactory.create())
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    real = personal.erase

    def meanwhile(person_id: Any) -> Any:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(claim).result()
        return real(person_id)

    def claim() -> None:
        from domains.payments import services as payments

        try:
            with transaction.atomic():
                payments.request(order.payment_id, payments.Kind.REFUND, amount=1, reason=NOTE, id_=uuid4())
        finally:
            connections.close_all()

    monkeypatch.setattr(personal, "erase", meanwhile)
    with pytest.raises(CommandError, match="a refund is being made"):
        erase(EMAIL)
    assert Order.objects.get().note == NOTE


def test_a_mail_that_is_being_sent_meanwhile_leaves_nothing(
    own: Api, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes, as nobody can call it back; what it would have noted is dropped with its promise."""
    own.call("updateProfile", "user { id }", email=NEXT, currentPassword=PASSWORD)
    real, sent = mail.EmailMessage.send, list[str]()

    def erasing_meanwhile(self: mail.EmailMessage) -> int:
        if not sent:
            elsewhere(partial(services.erase, person.id))
        sent.extend(self.to)
        return real(self)

    monkeypatch.setattr(mail.EmailMessage, "send", erasing_meanwhile)
    assert not any(delivering.deliver(message_id) for message_id in outbox.hand_over())
    assert sent == [EMAIL]
    assert in_database(*TRACES) == set()
