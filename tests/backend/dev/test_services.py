"""The embedded servers, really started."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from backend.dev.postgres import Postgres
from backend.dev.processes import Children
from backend.dev.services import Services, check_servers
from backend.dev.state import State
from backend.dev.valkey import Valkey
from tests.backend.dev.tools import all_gone, eventually, family, manage, started

HOLDER = """
import sys, time
from pathlib import Path
from backend.dev.processes import Children
from backend.dev.services import Services, publish
from backend.dev.state import State
state = State(Path(sys.argv[1]))
with state.held("holder"), Children() as children:
    Services(state, children, fast=True).start()
    publish(state, command="holder")
    time.sleep(600)
"""


def databases(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT datname FROM pg_database ORDER BY 1")]


def test_kill_9_leaves_no_server_and_the_data_are_there_at_the_next_start(state: State) -> None:
    with started([sys.executable, "-c", HOLDER, str(state.folder)]) as holder:
        eventually(lambda: "database_url" in state.record(), "both servers up")
        with psycopg.connect(state.record()["database_url"], autocommit=True) as connection:
            connection.execute("CREATE DATABASE kept")
            connection.execute("CHECKPOINT")
        servers = family(holder.pid)
        assert len(servers) > 3
        holder.kill()
        eventually(lambda: all_gone(servers), "no server left")
    with state.held("test"), Children() as children:
        Services(state, children, fast=True).start()
        assert "kept" in databases(os.environ["DATABASE_URL"])


def test_a_lock_file_left_by_a_killed_server_does_not_prevent_the_next_start(state: State) -> None:
    with state.held("test"), Children() as children:
        services = Services(state, children, fast=True)
        child = services.start_one(Postgres(state, children, fast=True))
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
        second = Postgres(state, children, fast=True)
        services.start_one(second)
        assert "ordergraph" in databases(second.url)


def test_the_servers_are_ours_alone(state: State) -> None:
    with state.held("test"), Children() as children:
        Services(state, children, fast=True).start()
        check_servers(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
        sockets = Path(os.environ["DATABASE_URL"].partition("?host=")[2])
        assert sockets.stat().st_mode & 0o077 == 0
        assert (state.folder / "valkey" / "valkey.conf").stat().st_mode & 0o077 == 0
        address = os.environ["REDIS_URL"].rpartition("@")[2]
        with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(f"redis://{address}") as stranger:
            stranger.ping()


def test_text_sorts_and_folds_case_alike_on_every_machine(state: State) -> None:
    with state.held("test"), Children() as children:
        Services(state, children, fast=True).start()
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            query = "SELECT datlocprovider, datlocale, lower('ÄÖ') FROM pg_database WHERE datname = 'ordergraph'"
            assert connection.execute(query).fetchone() == ("b", "C.UTF-8", "äö")


def test_a_given_server_is_left_alone(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/ordergraph")
    with state.held("test"), Children() as children:
        services = Services(state, children, fast=True)
        services.start()
        assert [type(server) for server, _ in services.running] == [Valkey]
    assert os.environ["DATABASE_URL"] == "postgres://elsewhere/ordergraph"


def test_an_ordinary_command_uses_the_servers_of_the_process_that_holds_the_folder(state: State) -> None:
    code = "from django.db import connection as c; c.ensure_connection(); print(c.get_connection_params()['host'])"
    with started([sys.executable, "-c", HOLDER, str(state.folder)]):
        eventually(lambda: "database_url" in state.record(), "both servers up")
        done = manage("shell", "-v0", "-c", code, ORDERGRAPH_STATE_DIR=str(state.folder))
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == state.record()["database_url"].partition("?host=")[2]
