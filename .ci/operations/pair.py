"""One shop on a primary, a standby and a Redis of its own, for all tests of data services; the last one fails over."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from harness import PEOPLE, Shop, Web
from stack import Stack, stack_on
from standby import MAX_LAG, Standby, both

from backend.dev.processes import Children
from tests.own_redis import OwnRedis

DISK = "400m"
# Within what the disk holds.
SMALL = ("max_wal_size=64MB", "min_wal_size=32MB", "wal_keep_size=0")

_shown: list[str] = []


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Takes what was measured, by name; it is shown at the end."""

    def show(**values: object) -> None:
        words = (
            f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in values.items()
        )
        _shown.append(f"{request.node.name}: {', '.join(words)}")

    return show


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _shown:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def pair_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def session_children() -> Iterator[Children]:
    with Children() as children:
        yield children


@pytest.fixture(scope="session")
def disk() -> Iterator[Path]:
    """A small file system, where we may make one."""
    path = Path(tempfile.mkdtemp(prefix="ordergraph-", dir="/var/tmp"))
    mounted = os.geteuid() == 0
    if mounted:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(path)], check=True)
    yield path
    if mounted:
        subprocess.run(["umount", str(path)], check=True)
    path.rmdir()


@pytest.fixture(scope="session")
def primary(session_children: Children, disk: Path) -> Iterator[Cluster]:
    (disk / "primary").mkdir()
    disk.chmod(0o755)
    with Cluster(session_children, folder=disk / "primary", settings=SMALL) as primary:
        primary.start()
        yield primary


@pytest.fixture(scope="session")
def standby(session_children: Children, primary: Cluster) -> Iterator[Standby]:
    with Standby(session_children, primary) as standby:
        standby.start()
        yield standby


@pytest.fixture(scope="session")
def pair_redis(pair_folder: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(pair_folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def pair_shop(
    pair_folder: Path, session_children: Children, primary: Cluster, standby: Standby, pair_redis: OwnRedis
) -> Shop:
    """Migrated, and empty; queries are read from the standby."""
    replica = {"DATABASE_REPLICA_URL": standby.url, "DATABASE_REPLICA_MAX_LAG": str(MAX_LAG)}
    url = both(primary, standby)
    shop = Shop(pair_folder, session_children, database_url=url, redis_url=pair_redis.url, **replica)
    shop.migrate()
    return shop


@pytest.fixture(scope="session")
def made(pair_shop: Shop) -> Any:
    """People, products and one of staff."""
    return pair_shop.prepare(PEOPLE, people=4, products=4)


@pytest.fixture(scope="session")
def pair_stack(pair_shop: Shop, made: Any) -> Stack:
    return stack_on(pair_shop)


@pytest.fixture(scope="session")
def pair_web(pair_stack: Stack) -> Web:
    return pair_stack.web
