"""An operation that is executed again and again, for as long as its viewer may; and the response that opens it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from django.http.response import HttpResponseBase

from domains.common.background.changes import listeners
from domains.common.errors import ForbiddenError, RequestError, UnauthenticatedError
from domains.common.graphql.context import NothingYet, Watch
from domains.common.viewer import Viewer
from schema.streams.executions import Execution, executions

# Lines end in LF: clients split at two of them.
EVENT_STREAM = "text/event-stream"
COMPLETE = b"event: complete\ndata:\n\n"
HEARTBEAT = b":\n\n"  # a comment: it keeps proxies from closing a quiet connection
ENOUGH = 65_536  # bytes of the events of many objects that are written together
REST_SECONDS = 0.2  # after the events of many objects: each has one at most in that time
SENT_KEPT = 256  # objects of which a stream remembers what it told last

type Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What goes to the client; after the last one the stream ends."""

    data: bytes
    last: bool = False


BROKEN_OFF = Event(b"", last=True)  # not called complete: the client connects again, and reads its list


class Postponed(Exception):
    """The viewer's budget has no room for another execution now."""


class Live:
    """A subscription that is open: the same operation, executed anew whenever what it follows may have changed.

    `look` and `check` block and belong into a thread, one call at a time; `on_change` is called on the event loop.
    Streams of equal viewers and equal `operation` (document and variables) share what they read after a change.
    One of many objects (`each`) is executed for each of those that have changed.
    """

    def __init__(
        self,
        viewer: Viewer,
        *,
        operation: Hashable,
        authenticate: Callable[[], Viewer],
        run: Callable[[Viewer], Result],
        refusal: Callable[[RequestError], Result],
        on_close: Callable[[], None],
    ) -> None:
        self._operation = operation
        self._authenticate = authenticate
        self._run = run
        self._refusal = refusal
        self._on_close = on_close
        self._version_of: dict[str, Callable[[], object]] = {}
        self._versions: dict[str, object] = {}  # of what is followed, as it was when it was read
        self._viewer = viewer
        self._sent: dict[Any, bytes] = {}  # by what it is about: a digest
        self._closed = False
        self._changed_at = 0.0
        self._watch: Watch | None = None  # of many objects
        self._due: dict[Any, Hashable] = {}  # of them: which are to be told of, and after which changes
        self._about: Any = None  # of them: the one that is told of now
        self._rests_until = 0.0
        self.changed = False
        self.has_more = False  # to tell of at once
        self.on_change: Callable[[], None] = lambda: None

    def follow(self, topic: str, version: Callable[[], object]) -> None:
        """Be told of changes of this topic from now on. `version` is asked for those that were never told."""
        if topic not in self._version_of:
            self._version_of[topic] = version
            listeners.join(topic, self._wake)
        self._versions[topic] = version()

    def each(self, topic: str, watch: Callable[[], Watch]) -> Any:
        """The key of the object that is told of now; see `Context.each`."""
        if self._about is None:
            self.follow(topic, object)  # never the same: the watch is asked whenever versions are
            self._watch = watch()
            raise NothingYet
        return self._about

    def first(self, result: Result) -> Event:
        """The event for what was read when the stream was opened."""
        return self._event(result) or Event(HEARTBEAT)

    def rest(self) -> float:
        """Seconds before the next look."""
        return max(0.0, self._rests_until - time.monotonic())

    def look(self) -> Event | None:
        """The state now, when it differs from the last one sent. Raises what keeps it from being read."""
        changed, self.changed = self.changed, False  # before reading: a change during it is read once more
        since = self._changed_at if changed else time.monotonic()  # only now: `_wake` may be setting both
        return self._now(since)

    def check(self, *, versions: bool = False) -> Event | None:
        """Look only if the viewer is not who it was, or what is followed has other `versions`; cheaper than `look`."""
        before = self._viewer
        if refused := self._refused():
            return refused
        changed = self._viewer != before or (versions and self._has_changed())
        return self._now(time.monotonic()) if changed else None

    def close(self) -> None:
        """Follow nothing any more. Safe to repeat."""
        if not self._closed:
            self._closed = True
            for topic in self._version_of:
                listeners.leave(topic, self._wake)
            self._on_close()

    def _wake(self) -> None:
        self._changed_at = time.monotonic()
        self.changed = True
        self.on_change()

    def _has_changed(self) -> bool:
        return any(version() != self._versions[topic] for topic, version in self._version_of.items())

    def _refused(self) -> Event | None:
        """The last event, where the viewer may not go on; else `_viewer` is who it is now."""
        try:
            viewer = self._authenticate()
        except UnauthenticatedError as error:
            return _end(self._refusal(error))
        if self._watch is not None and viewer != self._viewer:
            return _end(self._refusal(ForbiddenError("Your rights have changed: connect again")))
        self._viewer = viewer
        return None

    def _now(self, since: float) -> Event | None:
        """The state at some time after `since`; None where it was sent already, or is to be read once more."""
        if self._watch is not None:
            event = self._read_due(self._watch)
            return self._refused() or event
        viewer = self._viewer
        latest = self._read(since)
        # Only when it is read, so that a session that has ended is told of nothing that came after.
        if refused := self._refused():
            return refused
        if latest is None or viewer != self._viewer:
            self._changed_at, self.changed = time.monotonic(), True
            return None
        self._versions.update(latest.versions)
        return self._event(latest.result)

    def _read(self, since: float) -> Execution | None:
        """None while the budget has no room for it."""
        run = partial(self._run, self._viewer)
        with suppress(Postponed):
            return executions.run((self._viewer, self._operation), run, versions=self._versions, since=since)
        return None

    def _read_due(self, watch: Watch) -> Event | None:
        """The events of those that have changed; of some of them when they are many, or the budget has no room."""
        try:
            self._due = self._due or dict(watch.changed())
        except OverflowError:
            return BROKEN_OFF
        data, last = b"", False
        try:
            for event in self._told():
                data, last = data + event.data, event.last
                if last or len(data) >= ENOUGH:
                    break
            self.has_more = bool(self._due)
        except Postponed:
            self.has_more = False
        self.changed = self.changed or bool(self._due)
        if data and not self.has_more:
            self._rests_until = time.monotonic() + REST_SECONDS
        return Event(data, last) if data else None

    def _told(self) -> Iterator[Event]:
        while self._due:
            self._about, changes = next(iter(self._due.items()))
            key = (self._viewer, self._operation, self._about, changes)
            latest = executions.run(key, partial(self._run, self._viewer), versions={}, since=0.0)
            del self._due[self._about]
            if event := self._event(latest.result):
                yield event

    def _event(self, result: Result) -> Event | None:
        if self._watch and result.get("data") == {}:
            return None
        if not result.get("data"):  # an error in a root field, all of which are required, or none selected
            return _end(result)
        digest = hashlib.blake2b(orjson.dumps([result["data"], result.get("errors")]), digest_size=16).digest()
        if digest == self._sent.get(self._about):
            return None
        self._sent.pop(self._about, None)  # to the end of the order
        self._sent[self._about] = digest
        if len(self._sent) > SENT_KEPT:
            del self._sent[next(iter(self._sent))]
        return Event(next_event(result))


def next_event(result: dict[str, Any]) -> bytes:
    """One execution result."""
    return b"event: next\ndata: " + orjson.dumps(result) + b"\n\n"


def _end(result: Result) -> Event:
    return Event(next_event(result) + COMPLETE, last=True)


class EventStreamResponse(HttpResponseBase):
    """Iterating gives the first event alone; who takes `live` closes it, else closing the response does."""

    streaming = True  # no middleware measures or compresses it

    def __init__(self, first: bytes, live: Live) -> None:
        super().__init__(content_type=EVENT_STREAM)
        self._first = first
        self._live: Live | None = live

    def __iter__(self) -> Iterator[bytes]:
        return iter([self._first])

    def take(self) -> Live | None:
        """The open operation, once."""
        live, self._live = self._live, None
        return live

    def close(self) -> None:
        if (live := self.take()) is not None:
            live.close()
        super().close()
