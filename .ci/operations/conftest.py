"""Servers and processes of the tests that need Debian packages or root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster
from harness import Shop

from backend.dev.processes import Children
from tests.own_redis import OwnRedis

pytest_plugins = ["pair"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all tests of a file share; the logs of their processes are there."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    """Processes that end with the test file, however it ends."""
    with Children() as children:
        yield children


@pytest.fixture(scope="module")
def cluster(children: Children) -> Iterator[Cluster]:
    """A PostgreSQL server of Debian's that the tests of a file may stop, freeze and fill."""
    with Cluster(children) as cluster:
        cluster.start()
        yield cluster


@pytest.fixture(scope="module")
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """A Redis that the tests of a file may stop, pause and empty."""
    server = OwnRedis(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def shop(folder: Path, children: Children, cluster: Cluster, own_redis: OwnRedis) -> Shop:
    """A migrated, empty shop in production settings; none of its processes are started."""
    shop = Shop(folder, children, database_url=cluster.url, redis_url=own_redis.url)
    shop.migrate()
    return shop
