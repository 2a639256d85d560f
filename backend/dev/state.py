"""The state folder: who uses it now, where its servers listen, and everything `reset` deletes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.dev import output
from backend.dev.output import DevError

ROOT = Path(__file__).resolve().parent.parent.parent
VAR_TMP = Path("/var/tmp")
START_PATIENCE = 120.0  # seconds another process may take to bring its database up


def default_folder() -> Path:
    return Path(os.environ.get("ORDERGRAPH_STATE_DIR") or ROOT / ".state").absolute()


def write_private(path: Path, text: str) -> None:
    """A new file that its owner alone may read; it takes the place of an older one."""
    path.unlink(missing_ok=True)
    path.touch(0o600, exist_ok=False)
    path.write_text(text)


class BusyError(DevError):
    """Another process holds the folder; the message names the one of the record `holder`."""

    def __init__(self, folder: Path, holder: dict[str, Any]) -> None:
        where = f", {holder['url']}" if holder.get("url") else ""
        who = f"`manage.py {holder.get('command', '?')}` (pid {holder.get('pid', '?')}{where})"
        super().__init__(f"{who} is already running on {folder}. Stop it first, or give another --state-dir.")


class State:
    """One folder, held by one process at a time through a lock that ends with that process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.record_file = self.folder / "dev.json"
        self.mails = self.folder / "mails"

    @property
    def key(self) -> str:
        """Tells this folder from those of other checkouts in shared places."""
        return hashlib.sha256(os.fsencode(os.path.realpath(self.folder))).hexdigest()[:12]

    @property
    def outside(self) -> Path:
        """Where short paths or other users' access are needed."""
        return VAR_TMP / f"ordergraph-{os.geteuid()}-{self.key}"

    @contextlib.contextmanager
    def held(self, command: str, **about: object) -> Iterator[None]:
        """Hold the folder for `command`; raises BusyError when another process does."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("a")
        except OSError as error:
            raise DevError(f"The state folder {self.folder} cannot be written: {error.strerror}.") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(self.folder, self.record()) from None
            try:
                self.write_record(command=command, pid=os.getpid(), **about)
                yield
            finally:
                self.record_file.unlink(missing_ok=True)

    def record(self) -> dict[str, Any]:
        """What the holder wrote: command, pid, url, database_url, redis_url; empty when there is none (yet)."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads(self.record_file.read_text()))
        return {}

    def write_record(self, **about: object) -> None:
        """Replace the record in one step; it can hold passwords, so it is for the owner's eyes only."""
        fresh = self.record_file.with_suffix(".new")
        write_private(fresh, json.dumps(about, indent=1))
        fresh.replace(self.record_file)

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[dict[str, Any]]:
        """Use the holder's servers; it waits for us before it stops them, unless it is `dev`."""
        with (self.folder / "guests.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield self._record_with_urls()

    def _record_with_urls(self) -> dict[str, Any]:
        with output.progress("waiting for the database to be started", stream=sys.stderr, quiet_for=1):
            deadline = time.monotonic() + START_PATIENCE
            while time.monotonic() < deadline:
                found = self.record()
                if found.get("database_url"):
                    return found
                time.sleep(0.1)
        raise DevError(f"The process that holds {self.folder} brought up no database in {START_PATIENCE:.0f} s.")

    def wait_for_guests(self) -> None:
        with (
            (self.folder / "guests.lock").open("a") as lock,
            output.progress("waiting for other commands on this database", stream=sys.stderr, quiet_for=1),
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Delete the databases and mails; the folder and what others put there stay."""
        for path in (self.folder / "postgres", self.folder / "valkey", self.mails, self.outside):
            shutil.rmtree(path, ignore_errors=True)
        (self.folder / "postgres.id").unlink(missing_ok=True)
