"""Promise: whoever follows an order hears of each change at once, whichever process made it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory
from tests.processes import Stack
from tests.promises.figures import figures, size
from tests.promises.followers import Follower, memory_of
from tests.promises.shoppers import post

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
CANCEL = "mutation ($id: ID!) { cancelOrder(input: {orderId: $id}) { __typename } }"
STREAMS = size(50, 500)
CANCELLED = '"status":"CANCELLED"'


@contextmanager
def web(tmp_path: Path, name: str, **env: str) -> Iterator[Stack]:
    mails = tmp_path / name
    mails.mkdir(exist_ok=True)
    # Without heartbeats: what is heard was announced.
    with Stack(mails, STREAMS_PER_USER="1000", STREAM_HEARTBEAT_SECONDS="600", **env) as stack:
        stack.start("web")
        yield stack


@pytest.fixture(scope="module")
def here(folder: Path) -> Iterator[Stack]:
    with web(folder, "here") as stack:
        yield stack


@pytest.fixture(scope="module")
def there(folder: Path) -> Iterator[Stack]:
    """Another process, which looks often whether a session has ended."""
    with web(folder, "there", STREAM_CHECK_SECONDS="0.5") as stack:
        yield stack


@pytest.fixture
def order_id(api: Api) -> str:
    buy(api, [(ProductFactory.create(), 1)])
    return gid(the_order())


def cancel(stack: Stack, api: Api, order_id: str) -> float:
    """When it was asked for."""
    asked = time.monotonic()
    assert api.token
    answer = post(stack.url, api.token, CANCEL, {"id": order_id})
    assert answer["data"]["cancelOrder"]["__typename"] == "CancelOrderSuccess"
    return asked


def follow(stack: Stack, api: Api, order_id: str) -> Follower:
    assert api.token
    return Follower(stack.port, api.token, order_id)


def test_a_change_made_by_one_process_is_heard_at_another(here: Stack, there: Stack, api: Api, order_id: str) -> None:
    with follow(here, api, order_id) as follower:
        assert follower.hears('"status":"CONFIRMED"')
        asked = cancel(there, api, order_id)
        assert follower.hears(CANCELLED)
        figures("order updates arrive", milliseconds_across_processes=(time.monotonic() - asked) * 1000)


def test_hundreds_follow_on_one_process(here: Stack, api: Api, order_id: str) -> None:
    with ExitStack() as streams:
        server = here.pid("web")
        post(here.url, api.token or "", "{ me { id } }", {})
        before = memory_of(server)
        followers = [streams.enter_context(follow(here, api, order_id)) for _ in range(STREAMS)]
        assert all(follower.hears('"status":"CONFIRMED"') for follower in followers)
        after, connections = memory_of(server), _connections()
        asked = cancel(here, api, order_id)
        assert all(follower.hears(CANCELLED) for follower in followers)
        figures(
            "order updates arrive",
            streams=STREAMS,
            mib_before=before,
            mib_with_them=after,
            database_connections=connections,
            milliseconds_until_the_last_heard=(time.monotonic() - asked) * 1000,
        )
    assert connections < STREAMS


def _connections() -> int:
    """Of everybody to the test database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
    return count


def test_signing_out_at_one_process_ends_streams_at_another(here: Stack, there: Stack, api: Api, order_id: str) -> None:
    with follow(there, api, order_id) as follower:
        assert follower.hears('"status":"CONFIRMED"')
        post(here.url, api.token or "", "mutation { logout { __typename } }", {})
        assert follower.hears_the_end()
    assert "UNAUTHENTICATED" in follower.text
    assert "event: complete" in follower.text


def test_a_server_that_is_told_to_stop_lets_go_of_its_streams(here: Stack, api: Api, order_id: str) -> None:
    """The last of all, as it stops the server of the others."""
    with follow(here, api, order_id) as follower:
        assert follower.hears('"status":"CONFIRMED"')
        here.stop("web")
        assert follower.hears_the_end()
        assert "event: complete" not in follower.text
