"""Promise: graphql-sse and urql follow an order as they come, and connect again when a server is replaced."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any

import pytest

from domains.accounts.models import User
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory
from tests.processes import ROOT, Stack
from tests.promises.shoppers import post
from tests.tools.graphiql.node import Node, find_node, run_tool

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
CANCEL = "mutation ($id: ID!) { cancelOrder(input: {orderId: $id}) { __typename } }"
PATIENCE = 30.0  # seconds


@pytest.fixture(scope="module")
def node() -> Node:
    return find_node()


@pytest.fixture(scope="module")
def clients(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clients, with their packages as locked."""
    folder = tmp_path_factory.mktemp("clients") / "streams"
    shutil.copytree(ROOT / "tests/clients/streams", folder, ignore=shutil.ignore_patterns("node_modules"))
    done = run_tool([*node.npm, "ci", "--ignore-scripts"], timeout=180, cwd=folder, env=node.environment)
    assert done.returncode == 0, done.stdout
    return folder


@contextmanager
def client(node: Node, script: Path, *arguments: str) -> Iterator[Queue[str]]:
    """The lines that a client prints while it runs."""
    command = [node.node, str(script), *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=node.environment
    )
    lines: Queue[str] = Queue()
    assert process.stdout is not None
    reading = Thread(target=_copy, args=[process.stdout, lines])
    reading.start()
    try:
        yield lines
    finally:
        process.kill()
        process.wait()
        reading.join()
        process.stdout.close()


def _copy(source: IO[str], lines: Queue[str]) -> None:
    for line in source:
        lines.put(line.strip())


@pytest.fixture
def order_id(api: Api) -> str:
    buy(api, [(ProductFactory.create(), 1)])
    return gid(the_order())


def status(lines: Queue[str]) -> str:
    """What the next line says of the order."""
    answer: dict[str, Any] = json.loads(lines.get(timeout=PATIENCE))
    return str(answer["data"]["orderUpdated"]["status"])


def test_graphql_sse_connects_again_and_stops_when_the_session_ends(
    node: Node, clients: Path, web: Stack, api: Api, order_id: str
) -> None:
    token = api.token or ""
    with client(node, clients / "graphql-sse.mjs", web.url, token, order_id) as lines:
        assert status(lines) == "CONFIRMED"
        web.stop("web")
        web.start("web")
        assert status(lines) == "CONFIRMED"
        web.kill("web")
        web.start("web")
        assert status(lines) == "CONFIRMED"
        post(web.url, token, CANCEL, {"id": order_id})
        assert status(lines) == "CANCELLED"
        post(web.url, token, "mutation { logout { __typename } }", {})
        (error,) = json.loads(lines.get(timeout=PATIENCE))["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert lines.get(timeout=PATIENCE) == "complete"


def test_urql_reads_queries_as_json_and_subscriptions_as_events(
    node: Node, clients: Path, web: Stack, api: Api, customer: User, order_id: str
) -> None:
    with client(node, clients / "urql.mjs", web.url, api.token or "", order_id) as lines:
        told = [json.loads(lines.get(timeout=PATIENCE)) for _ in range(4)]
        assert "error" not in told[0]
        assert told[0]["data"]["me"]["email"] == customer.email
        assert told[1]["data"]["updateNothing"] == "Mutation"
        assert {one["name"]: one["data"]["orderUpdated"]["status"] for one in told[2:]} == {
            "fetchSubscriptions": "CONFIRMED",
            "subscriptionExchange": "CONFIRMED",
        }
        post(web.url, api.token or "", CANCEL, {"id": order_id})
        assert status(lines) == status(lines) == "CANCELLED"
