"""Executions that one stream may take over from another: hundreds of tabs may follow the same order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

KEPT = 16  # a change wakes all who follow a thing at once, so they come one after the other


@dataclass(frozen=True, slots=True)
class Execution:
    """What was read, when that began (seconds of `time.monotonic`), and of which versions of the topics it follows."""

    began: float
    versions: Mapping[str, object]
    result: dict[str, Any]


class Executions:
    """The latest executions of a process, under what decides their result: the viewer and the operation."""

    def __init__(self) -> None:
        self._latest: dict[Hashable, Execution] = {}
        self._lock = threading.Lock()

    def run(
        self, key: Hashable, run: Callable[[], dict[str, Any]], *, versions: Mapping[str, object], since: float
    ) -> Execution:
        """An execution that began after `since`: another's, if it follows no topics but these, or `run`.

        `run` brings `versions` up to date.
        """
        with self._lock:
            known = self._latest.get(key)
        if known and known.began > since and known.versions.keys() <= versions.keys():
            return known
        began = time.monotonic()
        result = run()
        execution = Execution(began, dict(versions), result)
        if "errors" not in execution.result:  # they carry the id of one request
            with self._lock:
                self._latest.pop(key, None)  # to the end of the order
                self._latest[key] = execution
                if len(self._latest) > KEPT:
                    del self._latest[next(iter(self._latest))]
        return execution


executions = Executions()
