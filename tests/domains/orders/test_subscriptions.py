"""Following an order: the state at once, then each change, for those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from domains.accounts.jwt import CLOCK_LEEWAY_SECONDS, AccessClaims, write_access_token
from domains.accounts.models import Session, User
from domains.orders.models import Order
from domains.orders.services.events import Actor, Type, move, note
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy, deliver_due, somebody_waits_for_us, the_order
from tests.factories import ProductFactory, UserFactory
from tests.processes import wait_until
from tests.sse import Connection, Wire, wire

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
FOLLOW = """subscription ($id: ID!) { orderUpdated(id: $id) { id number status version customer { id }
    payment { status } lines { product { name } } events { type } } }"""


@pytest.fixture
def server(settings: Settings) -> Iterator[Wire]:
    settings.STREAM_CHECK_SECONDS = 0.1
    settings.STREAM_HEARTBEAT_SECONDS = 600.0  # what is heard was announced
    with wire() as running:
        yield running


@pytest.fixture
def order(api: Api) -> Order:
    buy(api, [(ProductFactory.create(), 2)])
    return the_order()


def follow(server: Wire, order: Order, token: str | None) -> Connection:
    return server.post(FOLLOW, {"id": gid(order)}, token=token)


def status(connection: Connection) -> str:
    """What the next event says."""
    result: dict[str, Any] = connection.next()["data"]["orderUpdated"]
    return str(result["status"])


def cancel(api: Api, order: Order) -> None:
    assert api.call("cancelOrder", "order { id }", orderId=gid(order))["__typename"] == "CancelOrderSuccess"


def test_the_owner_sees_the_state_at_once_and_each_change(server: Wire, api: Api, order: Order) -> None:
    stream = follow(server, order, api.token)
    assert stream.next()["data"]["orderUpdated"] == {
        "id": gid(order),
        "number": order.number,
        "status": "CONFIRMED",
        "version": 2,
        "customer": {"id": gid(order.customer)},
        "payment": {"status": "AUTHORIZED"},
        "lines": [{"product": {"name": order.lines.get().product_name}}],
        "events": [{"type": "PLACED"}, {"type": "CONFIRMED"}],
    }
    cancel(api, order)
    assert status(stream) == "CANCELLED"


def test_a_change_while_the_order_is_read_is_not_shown_in_halves(server: Wire, api: Api, order: Order) -> None:
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE orders_orderevent")  # read after the order
        opened = pool.submit(follow, server, order, api.token)
        wait_until(somebody_waits_for_us, what="the order is read, its events are not")
        move(order.id, before=Order.Status.CONFIRMED, after=Order.Status.CANCELLED)
        note(order.id, Type.CANCELLED, "Cancelled", actor=Actor.SYSTEM, reason="test")
    stream = opened.result()
    for expected in [("CONFIRMED", ["PLACED", "CONFIRMED"]), ("CANCELLED", ["PLACED", "CONFIRMED", "CANCELLED"])]:
        now = stream.next()["data"]["orderUpdated"]
        assert (now["status"], [event["type"] for event in now["events"]]) == expected


def test_staff_follow_every_order(server: Wire, staff: Api, order: Order) -> None:
    assert status(follow(server, order, staff.token)) == "CONFIRMED"


def test_a_change_of_the_payment_alone_arrives(server: Wire, api: Api, order: Order) -> None:
    stream = follow(server, order, api.token)
    stream.next()
    cancel(api, order)  # first the order is cancelled, then the payment voided, which the outbox tells
    payment = stream.next()["data"]["orderUpdated"]["payment"]
    deliver_due()
    if payment["status"] != "VOIDED":
        payment = stream.next()["data"]["orderUpdated"]["payment"]
    assert payment["status"] == "VOIDED"


def test_a_stranger_hears_forbidden_once_and_nothing_after(server: Wire, order: Order) -> None:
    stranger = Api(UserFactory.create())
    assert follow(server, order, stranger.token).refusal() == "FORBIDDEN"


@pytest.mark.parametrize("id_", ["", "nonsense", "T3JkZXI6MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA"])
def test_an_order_that_is_not_there_looks_like_one_of_somebody_else(server: Wire, api: Api, id_: str) -> None:
    assert server.post(FOLLOW, {"id": id_}, token=api.token).refusal() == "FORBIDDEN"


def test_nobody_has_to_sign_in_first(server: Wire, order: Order) -> None:
    assert follow(server, order, None).refusal() == "UNAUTHENTICATED"


def test_signing_out_ends_the_stream(server: Wire, api: Api, order: Order) -> None:
    stream = follow(server, order, api.token)
    stream.next()
    api.data("mutation { logout { __typename } }")
    assert stream.refusal() == "UNAUTHENTICATED"


def test_the_end_of_the_access_token_ends_the_stream(server: Wire, customer: User, order: Order) -> None:
    session = Session.objects.filter(user=customer).latest("created_at")
    claims = AccessClaims(customer.id, session.id, customer.token_version)
    token = write_access_token(claims, expires_at=timezone.now() + timedelta(seconds=2 - CLOCK_LEEWAY_SECONDS))
    stream = follow(server, order, token)
    stream.next()
    assert stream.refusal() == "UNAUTHENTICATED"


def test_staff_who_are_staff_no_more_hear_no_more(server: Wire, staff: Api, staff_member: User, order: Order) -> None:
    stream = follow(server, order, staff.token)
    stream.next()
    User.objects.filter(id=staff_member.id).update(is_staff=False, token_version=staff_member.token_version + 1)
    assert stream.refusal() in {"UNAUTHENTICATED", "FORBIDDEN"}


def test_a_change_that_was_never_announced_is_seen_at_the_next_heartbeat(
    server: Wire, api: Api, order: Order, settings: Settings
) -> None:
    settings.STREAM_HEARTBEAT_SECONDS = 0.2
    stream = follow(server, order, api.token)
    stream.next()
    Order.objects.filter(id=order.id).update(version=99)
    while (event := stream.event())[0] == "comment":
        pass
    assert '"version":99' in event[1]


def test_without_redis_changes_only_come_later(settings: Settings, api: Api, order: Order) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.STREAM_CHECK_SECONDS = settings.STREAM_HEARTBEAT_SECONDS = 0.1
    with wire() as server:
        stream = follow(server, order, api.token)
        stream.next()
        move(order.id, before=Order.Status.CONFIRMED, after=Order.Status.FULFILLED)
        while (event := stream.event())[0] == "comment":
            pass
        assert '"FULFILLED"' in event[1]


def test_a_quiet_stream_shows_that_it_lives(server: Wire, api: Api, order: Order, settings: Settings) -> None:
    settings.STREAM_HEARTBEAT_SECONDS = 0.1
    stream = follow(server, order, api.token)
    stream.next()
    assert [stream.event()[0] for _ in range(3)] == ["comment"] * 3


def test_what_does_not_change_the_answer_is_not_sent(server: Wire, api: Api, order: Order) -> None:
    stream = server.post(
        "subscription ($id: ID!) { orderUpdated(id: $id) { status } }", {"id": gid(order)}, token=api.token
    )
    assert status(stream) == "CONFIRMED"
    note(order.id, Type.CONFIRMATION_EMAIL_SENT, "The confirmation was e-mailed", actor=Actor.SYSTEM)
    cancel(api, order)
    assert status(stream) == "CANCELLED"
