"""Redis by TLS, and Redis whose master the sentinels choose: budgets, streams and Celery go through either."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kombu
import pytest
import redis
from asking import ask
from cluster import Cluster
from harness import Shop
from load import CREATE, create_order
from stack import Stack, stack_on

from backend.dev.processes import Child, Children, Spec
from domains.common.redis_url import broker
from tests.processes import free_port, wait_until

MAILED = "SELECT count(*) FROM orders_orderevent WHERE type = 'CONFIRMATION_EMAIL_SENT'"
PASSWORD = "s3cret-word"
CERTIFICATE = """openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=redis -keyout redis.key -out ca.pem
    -addext subjectAltName=IP:127.0.0.1 -addext keyUsage=digitalSignature,keyCertSign"""  # its own authority

SENTINEL = """port {port}
bind 127.0.0.1
sentinel monitor shop 127.0.0.1 {master} 2
sentinel auth-pass shop {password}
sentinel down-after-milliseconds shop 1000
sentinel failover-timeout shop 5000
"""

type Start = Callable[..., Child]


@pytest.fixture
def start(session_children: Children, tmp_path: Path) -> Iterator[Start]:
    """Starts redis-server with these options, in a folder of its own; all of them end with the test."""
    started: list[Child] = []

    def run(*options: str, name: str = "redis") -> Child:
        spec = Spec(name=name, command=["redis-server", *options], cwd=tmp_path, log=tmp_path / f"{name}.log")
        started.append(session_children.start(spec))
        return started[-1]

    yield run
    session_children.stop(started, patience=4)


def server(port: int, *more: str) -> tuple[str, ...]:
    return ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD, *more)


@pytest.fixture
def started(
    pair_shop: Shop, session_children: Children, tmp_path: Path, primary: Cluster
) -> Iterator[Callable[[str], Stack]]:
    """Starts a stack on the Redis of this URL."""
    keys = {name: pair_shop.env[name] for name in ("SECRET_KEY", "JWT_KEYS")}
    stacks: list[Stack] = []

    def run(url: str) -> Stack:
        shop = Shop(tmp_path, session_children, database_url=primary.url, redis_url=url, **keys)
        stacks.append(stack_on(shop))
        return stacks[-1]

    yield run
    session_children.stop([part for one in stacks for part in (one.web.child, one.relay, one.worker)], patience=20)


def confirmed(stack: Stack, made: Any, primary: Cluster) -> None:
    """Place an order, and wait until its mail was sent, for which relay, broker and worker are needed."""
    before = primary.rows(MAILED)
    request = create_order(made["people"][0], made["products"][0])
    assert request.succeeds(ask(stack.web, request.token, CREATE, request.variables))

    def is_mailed() -> bool:
        stack.tend()
        return primary.rows(MAILED) > before

    wait_until(is_mailed, what="the confirmation is sent")


def test_redis_by_tls_is_used_by_all_and_one_that_cannot_prove_itself_by_none(
    start: Start, started: Callable[[str], Stack], made: Any, primary: Cluster, tmp_path: Path
) -> None:
    subprocess.run(CERTIFICATE.split(), cwd=tmp_path, check=True, capture_output=True)
    port = free_port()
    files = ("--tls-cert-file", "ca.pem", "--tls-key-file", "redis.key", "--tls-ca-cert-file", "ca.pem")
    start(*server(0, "--tls-port", str(port), "--tls-auth-clients", "no", *files))
    url = f"rediss://:{PASSWORD}@127.0.0.1:{port}/0"
    confirmed(started(f"{url}?ssl_ca_certs={tmp_path / 'ca.pem'}"), made, primary)
    with kombu.Connection(broker(url)[0]) as stranger, pytest.raises(kombu.exceptions.OperationalError, match="verify"):
        stranger.ensure_connection(max_retries=1)


def test_when_the_master_dies_the_one_that_sentinels_choose_is_used(
    start: Start,
    started: Callable[[str], Stack],
    made: Any,
    primary: Cluster,
    tmp_path: Path,
    figures: Callable[..., None],
) -> None:
    first, second, *asked = (free_port() for _ in range(5))
    master = start(*server(first, "--masterauth", PASSWORD))
    start(*server(second, "--masterauth", PASSWORD, "--replicaof", f"127.0.0.1 {first}"), name="replica")
    replica = redis.Redis(port=second, password=PASSWORD)
    wait_until(lambda: _follows(replica), what="the replica follows")
    for port in asked:
        conf = tmp_path / f"{port}.conf"
        conf.write_text(SENTINEL.format(port=port, master=first, password=PASSWORD))
        start(str(conf), "--sentinel", name=f"sentinel-{port}")
    one = redis.Redis(port=asked[0], decode_responses=True)
    wait_until(lambda: _knows(one, len(asked) - 1), what="the sentinels know each other")
    nodes = ",".join(f"127.0.0.1:{port}" for port in asked)
    stack = started(f"sentinel://:{PASSWORD}@{nodes}/0?master=shop")
    confirmed(stack, made, primary)
    master.process.kill()
    killed = time.monotonic()
    confirmed(stack, made, primary)
    figures(mailed_after_the_kill=time.monotonic() - killed)
    wait_until(lambda: stack.web.status("/readyz") == 200, what="the web process reaches the new master")
    replica.close()
    one.close()


def _follows(replica: redis.Redis) -> bool:
    try:
        state: Any = replica.info("replication")
    except redis.ConnectionError:
        return False
    return bool(state.get("master_link_status") == "up")


def _knows(sentinel: redis.Redis, others: int) -> bool:
    try:
        state: Any = sentinel.sentinel_master("shop")
    except redis.ConnectionError:
        return False
    return bool(state["num-other-sentinels"] == others and state["num-slaves"] == 1)
