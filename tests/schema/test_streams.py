"""GraphQL over Server-Sent Events: the protocol of graphql-sse, one operation a connection."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import orjson
import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from domains.accounts.models import User
from domains.common.guard import budgets, redis
from domains.orders.models import Order
from domains.orders.services import events
from schema.streams.view import MAX_BYTES, slots
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory, UserFactory
from tests.processes import wait_until
from tests.schema.wire import post
from tests.sse import STREAM, Connection, Wire, wire

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
FOLLOW = "subscription ($id: ID!) { orderUpdated(id: $id) { status version } }"


@pytest.fixture
def server(settings: Settings) -> Iterator[Wire]:
    settings.STREAM_CHECK_SECONDS = 0.1
    settings.STREAM_HEARTBEAT_SECONDS = 600.0  # what is heard was announced
    with wire(limit=3) as running:
        yield running


@pytest.fixture
def order(api: Api) -> Order:
    buy(api, [(ProductFactory.create(), 1)])
    return the_order()


def follow(server: Wire, order: Order, api: Api, **more: str) -> Connection:
    return server.post(FOLLOW, {"id": gid(order)}, token=api.token, **more)


@pytest.mark.parametrize("path", ["/graphql", "/graphql/stream"])
def test_a_query_answers_one_event(server: Wire, path: str) -> None:
    answer = server.post("{ __typename }", path=path)
    assert answer.next() == {"data": {"__typename": "Query"}}
    assert answer.kinds() == ["complete", "end"]
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"


def test_a_mutation_answers_one_event(server: Wire) -> None:
    answer = server.post('mutation { login(input: {email: "a@example.com", password: "x"}) { __typename } }')
    assert answer.next() == {"data": {"login": {"__typename": "InvalidCredentialsError"}}}
    assert answer.kinds() == ["complete", "end"]


def test_a_subscription_that_selects_nothing_holds_no_stream(server: Wire) -> None:
    answer = server.post('subscription { orderUpdated(id: "x") @skip(if: true) { status } }')
    assert answer.next()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert answer.kinds() == ["complete", "end"]


def test_a_query_and_a_subscription_may_come_by_get(server: Wire, api: Api, order: Order) -> None:
    asked = server.send("GET", query_string=urlencode({"query": "{ __typename }"}), path="/graphql")
    assert asked.next() == {"data": {"__typename": "Query"}}
    query = {"query": FOLLOW, "variables": f'{{"id": "{gid(order)}"}}'}
    followed = server.send("GET", query_string=urlencode(query), token=api.token)
    assert followed.next() == {"data": {"orderUpdated": {"status": "CONFIRMED", "version": 2}}}


def test_an_event_source_is_told_when_to_connect_again_and_graphql_sse_which_takes_that_for_an_error_is_not(
    server: Wire, api: Api, order: Order
) -> None:
    variables = {"id": gid(order)}
    query = urlencode({"query": FOLLOW, "variables": orjson.dumps(variables)})
    by_get = server.send("GET", query_string=query, token=api.token)
    by_post = server.post(FOLLOW, variables, token=api.token)
    assert by_get.next() == by_post.next()
    assert by_get.retry in range(1_000, 3_001)
    assert by_post.retry is None


def test_a_mutation_by_get_is_refused(server: Wire) -> None:
    answer = server.send("GET", query_string=urlencode({"query": "mutation { __typename }"}))
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_single_connection_mode_is_refused_and_says_what_to_do(server: Wire, method: str) -> None:
    answer = server.send(method)
    assert answer.status == 405
    assert "single connection mode off" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { orderUpdated { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { orderUpdated(id: "a") { id } b: orderUpdated(id: "b") { id } }', "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "BAD_REQUEST"),
        (FOLLOW, "BAD_USER_INPUT"),
        ("", "BAD_REQUEST"),
    ],
)
def test_what_is_wrong_with_an_operation_is_told_in_the_stream(server: Wire, api: Api, query: str, code: str) -> None:
    answer = server.post(query, token=api.token)
    assert (answer.status, answer.refusal()) == (200, code)


def test_a_token_that_does_not_verify_is_told_in_the_stream(server: Wire, order: Order) -> None:
    assert server.post(FOLLOW, {"id": gid(order)}, token="forged").refusal() == "UNAUTHENTICATED"


def test_the_head_keeps_proxies_from_holding_events_back(server: Wire, api: Api, order: Order) -> None:
    headers = follow(server, order, api).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-request-id"]
    assert "content-length" not in headers


def test_json_clients_are_told_how_to_read_subscriptions(server: Wire) -> None:
    answer = post({"query": FOLLOW, "variables": {"id": "x"}}, accept="application/json, text/event-stream")
    assert answer.status_code == 406
    assert b"text/event-stream" in answer.content


def test_a_person_has_a_limit_of_streams_and_gets_it_back(
    server: Wire, api: Api, order: Order, settings: Settings
) -> None:
    settings.STREAMS_PER_USER = 1
    stream = follow(server, order, api)
    stream.next()
    refused = follow(server, order, api)
    (error,) = refused.next()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert refused.headers["retry-after"] == str(error["extensions"]["retryAfterSeconds"]) == "5"
    stream.leave()
    assert follow(server, order, api).next()["data"]


def test_a_mutation_by_event_stream_is_told_when_to_come_back(server: Wire, api: Api, settings: Settings) -> None:
    settings.LOGIN_FAILURES_PER_MINUTE = 1
    change = {"input": {"email": "new@example.com", "currentPassword": "not this one"}}
    update = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }"
    assert server.post(update, change, token=api.token).next()["data"]
    refused = server.post(update, change, token=api.token)
    (error,) = refused.next()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert refused.headers["retry-after"] == str(error["extensions"]["retryAfterSeconds"])


def test_an_error_of_ours_names_no_time_to_come_back(api: Api) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_session RENAME TO taken_away")
    try:
        answer = Client().generic(
            "POST",
            STREAM,
            b'{"query": "{ __typename }"}',
            "application/json",
            headers={"Authorization": f"Bearer {api.token}"},
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE taken_away RENAME TO accounts_session")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers


def test_a_refused_stream_takes_no_place(server: Wire, order: Order, settings: Settings) -> None:
    settings.STREAMS_PER_USER = 1
    stranger = Api(UserFactory.create())
    assert [follow(server, order, stranger).refusal() for _ in range(3)] == ["FORBIDDEN"] * 3


def test_a_full_process_sends_clients_elsewhere(server: Wire, api: Api, order: Order) -> None:
    streams = [follow(server, order, api) for _ in range(3)]
    refused = follow(server, order, api)
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    streams[0].leave()
    wait_until(lambda: follow(server, order, api).status == 200, what="a place is free again")


def test_a_stopping_server_ends_streams_without_calling_them_complete(server: Wire, api: Api, order: Order) -> None:
    stream = follow(server, order, api)
    stream.next()
    server.loop.call_soon_threadsafe(server.streams.end)
    assert stream.kinds() == ["end"]
    assert follow(server, order, api).status == 503


def test_a_burst_of_changes_ends_in_the_latest_state(server: Wire, api: Api, order: Order) -> None:
    stream = follow(server, order, api)
    stream.next()
    for before, after in [("CONFIRMED", "CANCELLED"), ("CANCELLED", "CONFIRMED")] * 20:
        assert events.move(order.id, before=Order.Status(before), after=Order.Status(after))
    seen = [2]
    while seen[-1] < 42:
        seen.append(stream.next()["data"]["orderUpdated"]["version"])
    assert seen == sorted(set(seen))


def test_an_order_that_is_hidden_from_then_on_ends_the_stream(server: Wire, api: Api, order: Order) -> None:
    stream = follow(server, order, api)
    stream.next()
    Order.objects.filter(id=order.id).update(customer=UserFactory.create())
    events.note(order.id, events.Type.CONFIRMED, "It is somebody else's now", actor=events.Actor.SYSTEM)
    assert stream.refusal() == "FORBIDDEN"


def test_a_subscription_that_would_hold_much_memory_is_refused(server: Wire, api: Api, order: Order) -> None:
    long = f"{FOLLOW} # {'x' * MAX_BYTES}"
    answer = server.post(long, {"id": gid(order)}, token=api.token)
    assert (answer.status, answer.json()["errors"][0]["extensions"]["code"]) == (413, "BAD_REQUEST")
    assert str(MAX_BYTES) in answer.json()["errors"][0]["message"]
    assert server.post(f"{{ __typename }} # {'x' * MAX_BYTES}").next()["data"]


def test_of_a_person_s_tabs_only_those_whose_session_goes_on_hear_of_a_change(
    server: Wire, api: Api, customer: User, order: Order
) -> None:
    elsewhere = Api(customer)
    ended, *going_on = [follow(server, order, who) for who in (api, elsewhere, elsewhere)]
    assert [tab.next()["data"]["orderUpdated"]["version"] for tab in (ended, *going_on)] == [2] * 3
    api.data("mutation { logout { __typename } }")
    assert events.move(order.id, before=Order.Status.CONFIRMED, after=Order.Status.CANCELLED)
    assert ended.refusal() == "UNAUTHENTICATED"
    assert [tab.next()["data"]["orderUpdated"]["version"] for tab in going_on] == [3] * 2


def test_an_idle_stream_costs_nothing_and_events_beyond_the_budget_wait_for_it(
    server: Wire, api: Api, order: Order, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "WINDOW", 10_000_000)  # nothing comes back within the test
    monkeypatch.setattr(budgets, "advances", budgets.Advances())
    settings.REDIS_PREFIX += f"{order.id}:"
    settings.STREAM_HEARTBEAT_SECONDS, settings.BUDGET_ACCOUNT = 0.1, 10_000
    stream = follow(server, order, api)
    stream.next()

    def left_after(cost: int) -> int:
        throttle = budgets.charge(cost, user_id=order.customer_id, address="127.0.0.1")
        assert throttle is not None
        return throttle.available

    def idle() -> bool:
        before = left_after(1)
        assert [stream.event()[0] for _ in range(3)] == ["comment"] * 3
        return left_after(1) == before - 1

    wait_until(idle, what="it has looked once more, when it began to hear of changes", seconds=5)
    assert left_after(left_after(1)) == 0
    for before, after in [("CONFIRMED", "CANCELLED"), ("CANCELLED", "CONFIRMED")]:
        assert events.move(order.id, before=Order.Status(before), after=Order.Status(after))
    assert [stream.event()[0] for _ in range(3)] == ["comment"] * 3
    redis.client().delete(redis.key("budget", order.customer_id))  # it is full again
    while (event := stream.event())[0] == "comment":
        pass
    assert '"version":4' in event[1]


def test_a_subscription_has_a_cost_limit_of_its_own(server: Wire, api: Api, order: Order, settings: Settings) -> None:
    settings.STREAM_MAX_COST = 1
    query = "subscription ($id: ID!) { orderUpdated(id: $id) { lines { product { id } } } }"
    assert server.post(query, {"id": gid(order)}, token=api.token).refusal() == "QUERY_TOO_COMPLEX"


def test_fifty_streams_of_one_account_or_of_nobody_elsewhere_leave_room_for_everybody_else(
    server: Wire, api: Api, order: Order, settings: Settings
) -> None:
    settings.STREAMS_PER_USER = 2
    assert sum("data" in follow(server, order, api).next() for _ in range(50)) == 2
    assert slots.take("203.0.113.9")
    assert slots.take("203.0.113.9")
    try:
        assert follow(server, order, Api()).refusal() == "UNAUTHENTICATED"  # not RATE_LIMITED
    finally:
        slots.give_back("203.0.113.9")
        slots.give_back("203.0.113.9")
    other = Api(UserFactory.create(is_staff=True))
    assert follow(server, order, other).next()["data"]
    assert other.data("{ __typename }")
