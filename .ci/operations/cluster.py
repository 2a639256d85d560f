"""A PostgreSQL server of Debian's binaries, run by an unprivileged user, on a port of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from backend.dev.processes import Child, Children, Spec
from tests.processes import free_port, wait_until

BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=Path("/nowhere"))
SETTINGS = ("listen_addresses=127.0.0.1", "max_connections=200", "fsync=off", "log_checkpoints=off")


class Cluster:
    """One server with a database `shop`, found at the same `url` each time it is started."""

    def __init__(self, children: Children, *, settings: tuple[str, ...] = (), folder: Path | None = None) -> None:
        """`folder`: where its data are made; a new one below /var/tmp when None."""
        self._children = children
        self._settings = (*SETTINGS, *settings)
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.home = folder or Path(tempfile.mkdtemp(prefix="ordergraph-", dir="/var/tmp"))
        if self.user:
            os.chown(self.home, self.user.pw_uid, self.user.pw_gid)
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.port = free_port()
        self.url = f"postgres://shop@127.0.0.1:{self.port}/shop"
        self.child: Child | None = None

    def __enter__(self) -> Self:
        self.initialise()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.home, ignore_errors=True)

    def initialise(self) -> None:
        """A new, empty cluster."""
        self.run("initdb", "-D", str(self.data), "-U", "shop", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")

    def run(self, program: str, *options: str) -> None:
        """A program of PostgreSQL's as its user; it must succeed."""
        command = [str(BIN / program), *options]
        user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **user)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [*self._settings, f"port={self.port}", f"unix_socket_directories={self.home}"]
        spec = Spec(
            name="postgres",
            command=[str(BIN / "postgres"), "-D", str(self.data), *(f"--{setting}" for setting in settings)],
            cwd=Path("/"),
            user=(self.user.pw_uid, self.user.pw_gid) if self.user else None,
            stop_signal=signal.SIGINT,
            kill_signal=signal.SIGQUIT,
            log=self.log,
        )
        self.child = self._children.start(spec)
        wait_until(self.answers, what=f"PostgreSQL answers; see {self.log}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one."""
        if self.child is None:
            return
        self.child.process.send_signal(how)
        self.child.process.wait()
        self._children.forget(self.child)
        self.child = None

    def signal_all(self, number: signal.Signals) -> None:
        """A signal to the server and all its processes: SIGSTOP freezes it, SIGCONT lets it go on."""
        assert self.child is not None
        postmaster = self.child.process.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            os.kill(pid, number)

    def answers(self) -> bool:
        """Whether it does; then its database exists."""
        try:
            with psycopg.connect(self.url.removesuffix("shop") + "postgres", autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'shop'").fetchone():
                    connection.execute("CREATE DATABASE shop")
        except psycopg.OperationalError:
            return False
        return True

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database itself says."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()
