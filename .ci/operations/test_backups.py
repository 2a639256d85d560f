"""Backups come back: base backup and archive as of the moment before an accident, a dump as the shop was.

The commands are those of "Backup and restore" in `deploy/OPERATIONS.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from cluster import Cluster
from harness import PEOPLE, Shop

from backend.dev.processes import Children
from tests.processes import wait_until

COUNTS = "SELECT (SELECT count(*) FROM accounts_user), (SELECT count(*) FROM products_product)"


@pytest.fixture(scope="module")
def cluster(children: Children) -> Iterator[Cluster]:
    """A server that copies each finished file of its WAL into `archive`, and finishes one at least every minute."""
    command = "mkdir -p ../archive && test ! -f ../archive/%f && cp %p ../archive/%f"
    archive = ("archive_mode=on", "archive_timeout=60", f"archive_command={command}")
    with Cluster(children, settings=archive) as cluster:
        cluster.start()
        yield cluster


def test_the_moment_before_an_accident_comes_back_and_a_dump_of_it_too(
    shop: Shop, cluster: Cluster, children: Children
) -> None:
    folder, archive = cluster.home / "copy", cluster.home / "archive"
    cluster.run("pg_basebackup", "--checkpoint=fast", f"--dbname={cluster.url}", f"--pgdata={folder}/data")
    shop.prepare(PEOPLE, people=3, products=4)
    [counts], [(moment,)] = cluster.rows(COUNTS), cluster.rows("SELECT clock_timestamp()::text")
    cluster.run("psql", "--quiet", "--command=TRUNCATE accounts_user, products_product CASCADE", cluster.url)
    [(last,)] = cluster.rows("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until(lambda: (archive / last).exists(), what="the accident is in the archive")
    until = (f"restore_command=cp {archive}/%f %p", f"recovery_target_time={moment}", "recovery_target_action=promote")
    with ExitStack() as stack:
        copy = Cluster(children, settings=until, folder=folder)
        stack.push(copy)
        (copy.data / "recovery.signal").touch()
        copy.start()
        wait_until(lambda: copy.rows("SELECT pg_is_in_recovery()") == [(False,)], what="it takes writes")
        assert copy.rows(COUNTS) == [counts] != cluster.rows(COUNTS)
        dump, elsewhere = f"{copy.home}/shop.dump", copy.url.removesuffix("shop") + "elsewhere"
        copy.run("pg_dump", "--format=custom", f"--file={dump}", copy.url)
        copy.run("psql", "--quiet", "--command=CREATE DATABASE elsewhere", copy.url)
        copy.run("pg_restore", "--no-owner", "--exit-on-error", "--jobs=2", f"--dbname={elsewhere}", dump)
        assert "rules hold" in shop.manage("check_invariants", DATABASE_URL=elsewhere).stdout
