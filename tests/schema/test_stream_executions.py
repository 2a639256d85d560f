"""Streams that follow the same thing share what is read, and never take what may be old."""

from __future__ import annotations

import time
from typing import Any

from schema.streams.executions import KEPT, Executions

VERSIONS = {"order": 1}


class Reader:
    """Counts how often it was read."""

    def __init__(self, **more: Any) -> None:
        self.read = 0
        self._more = more

    def __call__(self) -> dict[str, Any]:
        self.read += 1
        return {"data": {"read": self.read}, **self._more}


def test_all_who_heard_of_a_change_before_it_was_read_share_the_reading() -> None:
    executions, reader, heard = Executions(), Reader(), time.monotonic()
    results = [executions.run("viewer", reader, versions=VERSIONS, since=heard).result for _ in range(100)]
    assert results == [{"data": {"read": 1}}] * 100


def test_who_hears_of_a_change_after_the_reading_began_reads_again() -> None:
    executions, reader = Executions(), Reader()
    executions.run("viewer", reader, versions=VERSIONS, since=time.monotonic())
    latest = executions.run("viewer", reader, versions=VERSIONS, since=time.monotonic())
    assert latest.result == {"data": {"read": 2}}


def test_other_viewers_and_who_would_miss_a_topic_read_for_themselves() -> None:
    executions, reader, heard = Executions(), Reader(), time.monotonic()
    for viewer, versions in [("one", VERSIONS), ("other", VERSIONS), ("one", {})]:
        executions.run(viewer, reader, versions=versions, since=heard)
    assert reader.read == 3


def test_errors_carry_the_id_of_one_request_and_are_not_shared() -> None:
    executions, reader, heard = Executions(), Reader(errors=[{"extensions": {"requestId": "a"}}]), time.monotonic()
    for _ in range(2):
        executions.run("viewer", reader, versions=VERSIONS, since=heard)
    assert reader.read == 2


def test_only_the_latest_are_kept() -> None:
    executions, reader, heard = Executions(), Reader(), time.monotonic()
    for viewer in [*range(KEPT + 1), 0]:
        executions.run(viewer, reader, versions=VERSIONS, since=heard)
    assert reader.read == KEPT + 2
