"""Everything behind PgBouncer in transaction mode, as in Debian: 1.18, without prepared statements of the server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from data.asking import ask
from harness import Shop
from load import Load, mixed

from backend.dev.processes import Children, Spec
from tests.factories import PASSWORD
from tests.processes import free_port, wait_until

LIMITS = "SET statement_timeout = 2000; SET lock_timeout = 1000; SET jit = off"
POOLED = """[databases]
web = host=127.0.0.1 port={server} dbname=shop user=shop pool_size=4 connect_query='{limits}'
shop = host=127.0.0.1 port={server} dbname=shop user=shop pool_size=4
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
server_reset_query =
logfile = {log}
"""
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename ... on LoginSuccess { user { email } } } }"
PERSON = """
import json, django
django.setup()
from tests.factories import UserFactory
print(json.dumps(UserFactory.create().email))
"""
MAILED = "SELECT count(*) FROM orders_orderevent WHERE type = 'CONFIRMATION_EMAIL_SENT'"
SETTINGS = "SELECT DISTINCT setting FROM pg_settings WHERE name = 'statement_timeout'"


@pytest.fixture
def bouncer(children: Children, cluster: Cluster, folder: Path) -> Iterator[int]:
    """Its port."""
    port, ini = free_port(), folder / "pgbouncer.ini"
    ini.write_text(POOLED.format(server=cluster.port, port=port, limits=LIMITS, log=folder / "pgbouncer.log"))
    folder.chmod(0o755)
    user = ["--user", "postgres"] if os.geteuid() == 0 else []
    child = children.start(
        Spec(name="pgbouncer", command=["/usr/sbin/pgbouncer", *user, str(ini)], log=folder / "pgbouncer.out")
    )
    yield port
    child.process.terminate()
    child.process.wait()
    children.forget(child)


def test_orders_queries_sign_in_worker_and_relay_go_through_pgbouncer(
    shop: Shop, made: Any, cluster: Cluster, bouncer: int
) -> None:
    url = f"postgres://shop@127.0.0.1:{bouncer}"
    pooled: dict[str, Any] = {"DATABASE_PREPARED": "False", "DATABASE_SEND_LIMITS": "False", "DATABASE_REPLICA_URL": ""}
    email, mails = shop.prepare(PERSON), cluster.rows(MAILED)
    behind = [
        shop.worker(DATABASE_URL=f"{url}/shop", **pooled),
        shop.relay(DATABASE_URL=f"{url}/shop", **pooled),
    ]
    web = shop.web(DATABASE_URL=f"{url}/web", **pooled)
    assert ask(web, "", LOGIN, {"input": {"email": email, "password": PASSWORD}})["login"]["user"] == {"email": email}
    with Load(web.url, mixed(made["people"], made["products"], orders=2), rate=20) as load:
        wait_until(lambda: load.report.answered["createOrder"] > 10, what="orders are placed")
    assert load.report.failures == {}
    wait_until(lambda: cluster.rows(MAILED) > mails, what="a confirmation is sent")
    for child in (web.child, *behind):
        shop.stop(child)
