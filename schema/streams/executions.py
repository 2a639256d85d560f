"""Executions that one stream may take over from another: hundreds of tabs may follow the same order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Set
from dataclasses import dataclass
from typing import Any

KEPT = 16  # a change wakes all who follow a thing at once, so they come one after the other


@dataclass(frozen=True, slots=True)
class Execution:
    """What was read, when that began (seconds of `time.monotonic`), and the topics whose changes make it old."""

    began: float
    topics: frozenset[str]
    result: dict[str, Any]


class Executions:
    """The latest executions of a process, under what decides their result: the viewer and the operation."""

    def __init__(self) -> None:
        self._latest: dict[Hashable, Execution] = {}
        self._lock = threading.Lock()

    def run(
        self, key: Hashable, run: Callable[[], dict[str, Any]], *, topics: Set[str], since: float
    ) -> dict[str, Any]:
        """The result of an execution that began after `since`: another's, if it needs no topics but these."""
        with self._lock:
            known = self._latest.get(key)
        if known and known.began > since and known.topics <= topics:
            return known.result
        began = time.monotonic()
        result = run()
        if "errors" not in result:  # they carry the id of one request
            with self._lock:
                self._latest.pop(key, None)  # to the end of the order
                self._latest[key] = Execution(began, frozenset(topics), result)
                if len(self._latest) > KEPT:
                    del self._latest[next(iter(self._latest))]
        return result


executions = Executions()
