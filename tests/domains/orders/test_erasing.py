"""Of a person who was erased nothing is left, wherever one looks; their orders are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections, models, transaction
from django.db.models import Q

from domains.accounts import services
from domains.accounts.models import User
from domains.accounts.services import erasing
from domains.common.background.models import OutboxMessage
from domains.common.data import personal
from domains.common.data.folding import FoldedField
from domains.common.guard import budgets
from domains.orders import personal as orders
from domains.orders.models import Order
from domains.payments.models import Dispute
from tests.api import Api, gid
from tests.domains.common.data.test_personal import columns
from tests.domains.orders.dashboard import drain
from tests.domains.orders.shop import ADDRESS, DATABASES, ORDER, buy, make_due, somebody_waits_for_us, wish
from tests.factories import PASSWORD, DeliveryMethodFactory, ProductFactory, StaffFactory, UserFactory
from tests.logs import json_log
from tests.processes import wait_until
from tests.remains import in_database, in_redis

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

EMAIL, NEXT, NAME, IP = "canary-4b1d@example.com", "canary-8e6f@example.com", "Canary Nettlefold", "203.0.113.77"
TYPED = {"name": NAME, "line1": "7 Nettle Road", "city": "Nettlewich", "phone": "+44 7700 900077"}
TRACES = ("canary", "nettle", "900077", IP, "quetzal")
NOTE = "quetzal: ring twice"
PLANTED = "seedling-"


@pytest.fixture
def person() -> User:
    return UserFactory.create(email=EMAIL, name=NAME, proven=True)


@pytest.fixture
def own(person: User) -> Iterator[Api]:
    """The person at home; budgets are asked of Redis at each request, so that it knows the address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budgets, "ADVANCES", 10**9)
        api = Api(address=IP)
        patch.setattr(budgets, "advances", budgets.Advances())
        told = api.call("login", "tokens { accessToken }", email=EMAIL, password=PASSWORD)
        api.token = told["tokens"]["accessToken"]
        yield api


def ordered(api: Api) -> Order:
    """With all that a customer may type."""
    cart = wish([(ProductFactory.create(price=1_000), 2)], DeliveryMethodFactory.create(), note=NOTE)
    cart["delivery"]["address"] = {**ADDRESS, **TYPED}
    assert api.call("createOrder", ORDER, **cart)["__typename"] == "CreateOrderSuccess"
    return Order.objects.latest("created_at")


def live(own: Api) -> None:
    """What leaves traces: a cancelled order, one that was sent and partly refunded, failures, mails under way."""
    staff = Api(StaffFactory.create())
    own.call("cancelOrder", "order { id }", orderId=gid(ordered(own)), reason=f"{NAME} moved")
    order = ordered(own)
    tracking = {"trackingNumber": "quetzal1", "trackingUrl": "https://example.com/quetzal1"}
    staff.call("fulfillOrder", "order { id }", orderId=gid(order), carrier="DHL", **tracking)
    words = {"reason": f"For {NAME}", "staffNote": "quetzal: rang"}
    staff.call("refundOrder", "order { id }", orderId=gid(order), amount="1.00", idempotencyKey=uuid4(), **words)
    buy(own, [(ProductFactory.create(), 1)], "pm_card_visa_chargeDeclined")
    drain()
    for email in (EMAIL, f"mistyped-{EMAIL}"):
        Api(address=IP).call("login", "user { id }", email=email, password="quetzal wrong")
    Api(address=IP).call("requestPasswordReset", "email", email=EMAIL)
    own.call("updateProfile", "user { id }", email=NEXT, currentPassword=PASSWORD)
    OutboxMessage.objects.create(topic="orders.sending", key=order.id, due_at=order.created_at)


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
    shown = staff.data(
        "{ orders { nodes { total { amount } customer { name } deliveryAddress { name countryCode } } } }"
    )
    assert {order["customer"]["name"] for order in shown["orders"]["nodes"]} == {""}
    assert {"name": "", "countryCode": "GB"} in [order["deliveryAddress"] for order in shown["orders"]["nodes"]]
    call_command("check_invariants", stdout=StringIO())
    sent = len(mail.outbox)
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
    with transaction.atomic():
        monkeypatch.setattr("domains.orders.personal.HOLDINGS", [without(one, "note") for one in orders.HOLDINGS])
        erasing._erase(person.id, Q())
        assert in_database(PLANTED, *TRACES) == {"orders_order.note"}
        transaction.set_rollback(True)
    monkeypatch.undo()
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


def test_everything_is_exported_but_secrets(own: Api, person: User, tmp_path: Path) -> None:
    live(own)
    file = tmp_path / "person.json"
    call_command("export_person", EMAIL.upper(), output=file)
    assert oct(file.stat().st_mode)[-3:] == "600"
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_person", EMAIL, output=file)
    text = file.read_text()
    told = json.loads(text)
    assert {*told} == {
        *("mails", "idempotencyKeys", "account", "sessions", "knownNetworks", "auditEvents"),
        *("payments", "orders", "orderMails"),
    }
    assert told["account"][0]["email"] == EMAIL
    assert {order["deliveryAddress"]["line1"] for order in told["orders"] if order["deliveryAddress"]} == {
        "7 Nettle Road"
    }
    assert [line["quantity"] for order in told["orders"] for line in order["lines"]] == [2, 2, 1]
    assert any(mail_["payload"].get("address") == EMAIL for mail_ in told["mails"])
    secrets = [person.password, *Order.objects.values_list("payment__client_secret", "payment__method").first()]  # type: ignore[misc]
    assert not [secret for secret in secrets if secret and secret in text]


MINE = "query ($after: String) { myData(after: $after) { json endCursor } }"


def test_one_reads_the_same_by_the_api_in_parts(own: Api, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    live(own)
    monkeypatch.setattr("domains.accounts.services.exporting.PART_ROWS", 3)
    whole: dict[str, list[Any]] = {}
    after, parts = None, 0
    while True:
        part = own.data(MINE, {"after": after})["myData"]
        for name, rows in json.loads(part["json"]).items():
            whole.setdefault(name, []).extend(rows)
        parts, after = parts + 1, part["endCursor"]
        if after is None:
            break
        cursor = after
    stream = StringIO()
    call_command("export_person", EMAIL, stdout=stream)
    assert whole == json.loads(stream.getvalue())
    assert parts > 5
    assert Api(UserFactory.create()).code(MINE, {"after": cursor}) == "INVALID_CURSOR"
