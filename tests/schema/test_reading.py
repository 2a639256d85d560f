"""Queries are read from the replica, and nobody can tell: who just wrote sees it, and what fails there is no error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from pytest_django import Settings

from domains.accounts.models import User
from domains.common.data import replica as module
from domains.common.data.replica import ALIAS, Replica
from domains.common.guard import redis
from schema import reading
from tests.api import Api, gid
from tests.factories import PASSWORD, CategoryFactory, ProductFactory
from tests.own_redis import OwnRedis
from tests.processes import free_port
from tests.sse import wire

pytestmark = pytest.mark.django_db(transaction=True)
CATEGORIES = "{ categories { name } }"
CREATE = 'mutation { createCategory(input: {name: "Lamps"}) { __typename } }'
SEES_ALL = "SELECT pg_current_wal_flush_lsn() - '0/0'"
SEES_NOTHING = "SELECT 0::numeric"


@pytest.fixture(autouse=True)
def replica(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replica]:
    """A second connection to the same server, and what is known of it."""
    connections.settings[ALIAS] = connections.settings["default"]
    connections[ALIAS] = connections.create_connection("default")
    settings.DATABASE_REPLICA_URL, settings.DATABASE_ROUTERS = "postgres://", ["domains.common.data.replica.Router"]
    fresh = Replica()
    monkeypatch.setattr(module, "_SHOWN", SEES_ALL)
    monkeypatch.setattr(reading, "replica", fresh)
    fresh.look()
    redis.client().delete(*pins(), "")
    yield fresh
    connections[ALIAS].close()
    del connections[ALIAS], connections.settings[ALIAS]


def pins() -> list[str]:
    return list(redis.client().scan_iter(redis.key("pin", "*")))


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How many statements each connection is sent."""
    statements: Counter[str] = Counter()

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        statements[ALIAS if arguments[-1]["connection"] is connections[ALIAS] else "default"] += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        yield statements


def statements(api: Api, query: str = CATEGORIES) -> dict[str, int]:
    with counted() as sent:
        api.data(query)
    return sent


def test_a_query_reads_from_the_replica_but_who_asks_is_asked_at_the_primary(api: Api, nobody: Api) -> None:
    CategoryFactory.create()
    assert statements(api) == {"default": 1, ALIAS: 1}
    assert statements(api, "{ me { email } }") == {"default": 1, ALIAS: 1}
    assert statements(nobody) == {ALIAS: 1}


def test_what_an_order_comes_to_is_asked_at_the_primary(nobody: Api) -> None:
    product = gid(ProductFactory.create())
    quote = f'{{ orderQuote(input: {{lines: [{{productId: "{product}", quantity: 1}}]}}) {{ total {{ amount }} }} }}'
    assert statements(nobody, quote).keys() == {"default"}


def test_who_has_just_written_reads_from_the_primary_and_nobody_else_has_to(staff: Api, api: Api) -> None:
    assert statements(staff, CREATE).keys() == {"default"}
    assert statements(staff) == {"default": 2}
    assert statements(api) == {"default": 1, ALIAS: 1}


def test_who_has_just_signed_in_reads_from_the_primary(nobody: Api, customer: User) -> None:
    login = nobody.call("login", "tokens { accessToken }", email=customer.email, password=PASSWORD)
    assert statements(Api(token=login["tokens"]["accessToken"])) == {"default": 2}


def test_who_has_just_subscribed_reads_the_list_from_the_primary(api: Api) -> None:
    with wire() as server:
        server.post("subscription { ordersUpdated { id } }", token=api.token)
        assert statements(api) == {"default": 2}


def test_a_pin_ends_when_a_replica_that_is_fit_has_what_was_written(staff: Api, settings: Settings) -> None:
    settings.DATABASE_REPLICA_MAX_LAG = 3_600
    staff.data(CREATE)
    (pin,) = pins()
    assert 3_590 < redis.client().ttl(pin) <= 3_600


def test_a_replica_that_lags_or_was_promoted_is_not_asked(
    nobody: Api, replica: Replica, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_REPLICA_MAX_LAG = -1.0  # what was fresh a moment ago lags
    assert statements(nobody) == {"default": 1}
    settings.DATABASE_REPLICA_MAX_LAG = 5.0
    replica.gave_up()
    for shown in (SEES_NOTHING, "SELECT NULL::numeric"):
        monkeypatch.setattr(module, "_SHOWN", shown)
        replica.look()
        assert statements(nobody) == {"default": 1}
    monkeypatch.setattr(module, "_SHOWN", SEES_ALL)
    replica.look()
    assert statements(nobody) == {ALIAS: 1}


def test_a_replica_that_is_away_is_met_by_one_query_which_is_answered(
    nobody: Api, replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    CategoryFactory.create(name="Lamps")
    connections[ALIAS].close()
    connections[ALIAS].settings_dict = {**connections[ALIAS].settings_dict, "HOST": "127.0.0.1", "PORT": free_port()}
    assert nobody.data(CATEGORIES) == {"categories": [{"name": "Lamps"}]}
    assert not replica.is_fit()
    replica.look()
    assert statements(nobody) == {"default": 1}
    assert [record.message for record in caplog.records if record.name == module.__name__] == [
        "the primary serves all queries"
    ]


def test_a_query_that_the_replica_cancels_is_answered_by_the_primary(nobody: Api, replica: Replica) -> None:
    CategoryFactory.create(name="Lamps")

    def cancel(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if context["connection"] is connections[ALIAS]:
            sql, parameters = "DO $$ BEGIN RAISE 'conflict with recovery' USING ERRCODE = '40001'; END $$", None
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(cancel):
        assert nobody.data(CATEGORIES) == {"categories": [{"name": "Lamps"}]}
    assert replica.is_fit()


def test_while_pins_may_be_lost_people_read_from_the_primary(
    api: Api, nobody: Api, replica: Replica, own_redis: OwnRedis
) -> None:
    assert statements(api) == {"default": 1, ALIAS: 1}
    with own_redis.away():
        assert statements(api) == {"default": 2}
    assert statements(api) == {"default": 2}  # it comes back, and has forgotten who wrote
    assert statements(nobody) == {ALIAS: 1}
