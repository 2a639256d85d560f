"""A hot standby of a cluster, by streaming replication."""

from __future__ import annotations

from typing import Any

from cluster import Cluster

from backend.dev.processes import Children
from tests.processes import wait_until

MAX_LAG = 2.0  # seconds; DATABASE_REPLICA_MAX_LAG


class Standby(Cluster):
    """Copies its primary, which runs, when it is initialised; then it can be promoted."""

    def __init__(self, children: Children, primary: Cluster, **options: Any) -> None:
        super().__init__(children, **options)
        self._primary = primary

    def initialise(self) -> None:
        """As the README says: the primary's data, then what it writes, as it writes it."""
        source = f"host=127.0.0.1 port={self._primary.port} user=shop"
        self.run("pg_basebackup", "-D", str(self.data), "-d", source, "-R", "--checkpoint=fast")

    def promote(self) -> None:
        """Make it the primary; as a failover manager does when the old one is gone."""
        self.run("pg_ctl", "promote", "-D", str(self.data), "-s", "-w")

    def caught_up(self) -> None:
        """Wait until it has all that is committed now."""
        ((position,),) = self._primary.rows("SELECT pg_current_wal_flush_lsn()::text")
        reached = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        wait_until(lambda: self.rows(reached) == [(True,)], what="the standby has caught up")


def both(primary: Cluster, standby: Cluster) -> str:
    """The URL that finds whichever of them takes writes."""
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    return f"postgres://shop@{hosts}/shop?target_session_attrs=read-write"
