"""Following a list of orders on one stream: each change under the filter, one's own alone, none lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from domains.accounts.models import User
from domains.common.background.changes import listeners
from domains.common.viewer import Viewer
from domains.orders import watching
from domains.orders.filtering import OrderQuery
from domains.orders.handlers import WATCHED, purge_changes
from domains.orders.models import Order, OrderChange
from domains.orders.services.events import Actor, Type, move, note, topic_of_all
from domains.orders.watching import OrderWatch
from domains.payments.models import Payment
from schema.streams.live import REST_SECONDS
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy
from tests.factories import ProductFactory, UserFactory
from tests.processes import wait_until
from tests.sse import Connection, Wire, wire

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
FOLLOW = """subscription ($filter: OrderFilter) { ordersUpdated(filter: $filter) {
    id status } }"""
Status = Order.Status


@pytest.fixture
def server(settings: Settings) -> Iterator[Wire]:
    settings.STREAM_CHECK_SECONDS = 0.1
    settings.STREAM_HEARTBEAT_SECONDS = 600.0  # what is heard was announced
    with wire() as running:
        yield running


def follow(server: Wire, token: str | None, **filter: Any) -> Connection:
    stream = server.post(FOLLOW, {"filter": filter}, token=token)
    assert stream.event() == ("comment", "")
    return stream


def told(stream: Connection) -> tuple[str, str]:
    """Id and status of the order in the next event."""
    order = stream.next()["data"]["ordersUpdated"]
    return order["id"], order["status"]


def in_thread[T](work: Callable[[], T]) -> T:
    """On another connection, which is closed after it."""
    try:
        return work()
    finally:
        connections.close_all()


def ordered(customer: User) -> Order:
    buy(Api(customer), [(ProductFactory.create(), 1)])
    return Order.objects.filter(customer=customer).latest("created_at")


def told_of(stream: Connection, order: Order, status: str) -> None:
    """The next events are about this order alone, up to this status."""
    while (now := told(stream))[1] != status:
        assert now[0] == gid(order)
    assert now[0] == gid(order)


def cancel(order: Order) -> None:
    assert move(order.id, before=Status.CONFIRMED, after=Status.CANCELLED)


def test_nothing_comes_at_the_start_then_each_change_of_one_s_orders(server: Wire, api: Api, customer: User) -> None:
    old = ordered(customer)
    stream = follow(server, api.token)
    new = ordered(customer)
    told_of(stream, new, "CONFIRMED")
    assert api.call("cancelOrder", "order { id }", orderId=gid(old))["__typename"] == "CancelOrderSuccess"
    told_of(stream, old, "CANCELLED")


def test_nobody_has_to_sign_in_first(server: Wire) -> None:
    assert server.post(FOLLOW, token=None).refusal() == "UNAUTHENTICATED"


def test_customers_hear_of_their_own_orders_alone_and_staff_of_all(server: Wire, staff: Api, customer: User) -> None:
    other = UserFactory.create()
    mine, theirs = ordered(customer), ordered(other)
    streams = {who: follow(server, who.token) for who in (Api(customer), Api(other), staff)}
    strange = follow(server, Api(other).token, customerId=gid(customer))
    one_s = follow(server, staff.token, customerId=gid(other))
    cancel(mine)
    told_of(streams[staff], mine, "CANCELLED")
    cancel(theirs)
    for stream, order in zip(streams.values(), (mine, theirs, theirs), strict=True):
        told_of(stream, order, "CANCELLED")
    told_of(one_s, theirs, "CANCELLED")
    strange.leave()
    assert strange.kinds() == ["end"]


def test_states_are_matched_before_and_after_a_change_and_other_filters_now(
    server: Wire, staff: Api, customer: User
) -> None:
    leaving, never = ordered(customer), ordered(customer)
    stream = follow(server, staff.token, status=["CONFIRMED"])
    others = follow(server, staff.token, status=["CANCELLED"], number=never.number)
    cancel(leaving)
    told_of(stream, leaving, "CANCELLED")
    note(leaving.id, Type.CANCELLED, "Cancelled", actor=Actor.SYSTEM)  # it was none and is none
    cancel(never)
    told_of(stream, never, "CANCELLED")
    told_of(others, never, "CANCELLED")


def test_a_payment_that_leaves_the_states_asked_for_is_told_once(customer: User) -> None:
    order = ordered(customer)
    watch = OrderWatch(OrderQuery(payment__status__in=["AUTHORIZED"]), Viewer(customer.id))
    Payment.objects.update(status="VOIDED")
    assert [*watch.changed()] == [order.id]
    note(order.id, Type.CANCELLED, "Cancelled", actor=Actor.SYSTEM)
    assert not watch.changed()


def test_a_change_that_commits_late_is_not_missed(customer: User) -> None:
    late, early = ordered(customer), ordered(customer)
    watch = OrderWatch(OrderQuery(), Viewer(customer.id))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            cancel(late)
            pool.submit(in_thread, partial(cancel, early)).result()
            assert [*pool.submit(in_thread, watch.changed).result()] == [early.id]
        assert [*watch.changed()] == [late.id]
    assert not watch.changed()


def test_of_a_burst_an_order_has_one_event_in_a_while_and_the_last_tells_the_end(
    server: Wire, api: Api, customer: User
) -> None:
    order, began = ordered(customer), time.monotonic()
    stream = server.post("subscription { ordersUpdated { version } }", token=api.token)
    assert stream.event()[0] == "comment"
    for before, after in [("CONFIRMED", "CANCELLED"), ("CANCELLED", "CONFIRMED")] * 20:
        assert move(order.id, before=Status(before), after=Status(after))
    seen = [stream.next()["data"]["ordersUpdated"]["version"]]
    while seen[-1] < 42:
        seen.append(stream.next()["data"]["ordersUpdated"]["version"])
    assert seen == sorted(set(seen))
    assert len(seen) <= 2 + (time.monotonic() - began) / REST_SECONDS


def test_staff_who_are_staff_no_more_hear_of_nothing_more(
    server: Wire, staff: Api, staff_member: User, customer: User
) -> None:
    order = ordered(customer)
    stream = follow(server, staff.token)
    User.objects.filter(id=staff_member.id).update(is_staff=False)
    cancel(order)
    assert stream.refusal() == "FORBIDDEN"


def test_signing_out_ends_the_stream(server: Wire, api: Api) -> None:
    stream = follow(server, api.token)
    api.data("mutation { logout { __typename } }")
    assert stream.refusal() == "UNAUTHENTICATED"


def test_what_was_never_announced_is_told_of_at_the_next_heartbeat(
    settings: Settings, api: Api, customer: User
) -> None:
    order = ordered(customer)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.STREAM_CHECK_SECONDS = settings.STREAM_HEARTBEAT_SECONDS = 0.1
    with wire() as server:
        stream = follow(server, api.token)
        cancel(order)
        assert move(order.id, before=Status.CANCELLED, after=Status.FULFILLED)
        while (event := stream.event())[0] == "comment":
            pass
        assert '"FULFILLED"' in event[1]


def test_more_changes_than_can_be_told_one_by_one_break_the_stream_off_so_that_the_list_is_read_again(
    server: Wire, api: Api, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST", 1)
    orders = [ordered(customer), ordered(customer)]
    stream = follow(server, api.token)
    with transaction.atomic():
        for order in orders:
            cancel(order)
    assert stream.kinds() == ["end"]


def test_a_customer_s_stream_is_not_woken_by_the_orders_of_others(server: Wire, api: Api, customer: User) -> None:
    theirs, mine = ordered(UserFactory.create()), ordered(customer)
    woken: list[None] = []
    topic, wake = topic_of_all(customer.id), lambda: woken.append(None)
    listeners.join(topic, wake)
    wait_until(lambda: woken, what="changes are heard")
    woken.clear()
    cancel(theirs)
    cancel(mine)
    wait_until(lambda: woken, what="the change is heard")
    listeners.leave(topic, wake)
    assert len(woken) == 1


def test_changes_are_forgotten_when_every_stream_has_read_them(customer: User) -> None:
    ordered(customer)
    OrderChange.objects.update(created_at=timezone.now() - WATCHED)
    cancel(ordered(customer))
    purge_changes()
    assert set(OrderChange.objects.values_list("order_id", flat=True)) == {Order.objects.latest("created_at").id}


def test_a_search_is_followed_like_a_list(server: Wire, staff: Api, customer: User) -> None:
    stream = follow(server, staff.token, search=customer.email)
    ordered(UserFactory.create())
    told_of(stream, ordered(customer), "CONFIRMED")
