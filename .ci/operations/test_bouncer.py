"""All behind PgBouncer in transaction mode, as Debian has it: 1.18, without prepared statements of the server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import ask
from cluster import Cluster
from harness import Shop
from load import Load, mixed

from backend.dev.processes import Children, Spec
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
"""
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename ... on LoginSuccess { user { email } } } }"
PERSON = """
import json, django
django.setup()
from tests.factories import PASSWORD, UserFactory
print(json.dumps({{"email": UserFactory.create(email="pooled@example.com").email, "password": PASSWORD}}))
"""
MAILED = "SELECT count(*) FROM orders_orderevent WHERE type = 'CONFIRMATION_EMAIL_SENT'"


@pytest.fixture
def bouncer(session_children: Children, primary: Cluster, pair_folder: Path) -> Iterator[int]:
    """Its port."""
    port, ini = free_port(), pair_folder / "pgbouncer.ini"
    ini.write_text(POOLED.format(server=primary.port, port=port, limits=LIMITS))
    user = ["--user", "postgres"] if os.geteuid() == 0 else []
    child = session_children.start(
        Spec(name="pgbouncer", command=["/usr/sbin/pgbouncer", *user, str(ini)], log=pair_folder / "pgbouncer.out")
    )
    yield port
    child.process.terminate()
    child.process.wait()
    session_children.forget(child)


def test_orders_queries_sign_in_worker_and_relay_go_through_pgbouncer(
    pair_shop: Shop, session_children: Children, made: Any, primary: Cluster, bouncer: int
) -> None:
    (pair_shop.folder / "pooled").mkdir()
    url = f"postgres://shop@127.0.0.1:{bouncer}"
    pooled = {
        **{name: pair_shop.env[name] for name in ("SECRET_KEY", "JWT_KEYS")},
        "DATABASE_PREPARED": "False",
        "DATABASE_SEND_LIMITS": "False",
    }
    folder, redis = pair_shop.folder / "pooled", pair_shop.env["REDIS_URL"]
    shop = Shop(folder, session_children, database_url=f"{url}/shop", redis_url=redis, **pooled)
    person = shop.prepare(PERSON)
    behind = [shop.worker(), shop.relay()]
    web = shop.web(DATABASE_URL=f"{url}/web")
    assert ask(web, "", LOGIN, {"input": person})["login"]["user"] == {"email": person["email"]}
    with Load(web.url, mixed(made["people"], made["products"], orders=2), rate=20) as load:
        wait_until(lambda: load.report.answered["createOrder"] > 10, what="orders are placed")
    assert load.report.failures == {}
    wait_until(lambda: primary.rows(MAILED) > [(0,)], what="a confirmation is sent")
    for child in (web.child, *behind):
        shop.stop(child)
