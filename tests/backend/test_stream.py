"""One open stream: what ends it ends it for good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from backend.streaming import Stream
from domains.common.errors import UnauthenticatedError
from domains.common.graphql.context import NothingYet
from domains.common.viewer import ANONYMOUS, Viewer
from schema.streams.live import COMPLETE, Event, Live, next_event
from tests.logs import json_log, lines

PATIENCE = 10.0  # seconds
CUSTOMER = Viewer(UUID(int=1), session_id=UUID(int=2))
STAFF = replace(CUSTOMER, is_staff=True)


async def _at_once(read: Callable[[], Event | None]) -> Event | None:
    return read()


async def _stays() -> None:
    await asyncio.Event().wait()


def test_a_stream_that_is_ended_while_it_sends_an_event_sends_no_other() -> None:
    sent: list[dict[str, Any]] = []

    async def scenario() -> None:
        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            live.on_change()
            stream.end()

        live = Live(
            ANONYMOUS,
            operation="sent",
            authenticate=lambda: ANONYMOUS,
            run=lambda viewer: {"data": {"sent": len(sent)}},
            refusal=lambda error: {},
            on_close=lambda: None,
        )
        live.changed = True
        stream = Stream(live, _at_once, _stays, send)
        await asyncio.wait_for(stream.run(), PATIENCE)

    asyncio.run(scenario())
    assert len(sent) == 1


class Changed:
    """One object that changes all the time."""

    def changed(self) -> dict[int, int]:
        return {1: 1}


class Reading:
    """A stream of staff; while it reads, its viewer becomes `then`, or nobody whose session goes on."""

    def __init__(self, then: Viewer | None, *, of_many: bool) -> None:
        self._viewer: Viewer | None = STAFF
        self._then = then
        self.live = Live(
            STAFF,
            operation=object(),
            authenticate=self._authenticate,
            run=self._run,
            refusal=lambda error: {"errors": [error.code]},
            on_close=lambda: None,
        )
        if of_many:
            with suppress(NothingYet):
                self.live.each("many", Changed)

    def _authenticate(self) -> Viewer:
        if self._viewer is None:
            raise UnauthenticatedError
        return self._viewer

    def _run(self, viewer: Viewer) -> dict[str, Any]:
        self._viewer = self._then
        return {"data": {"seen_by_staff": viewer.is_staff}}


@pytest.fixture
def reading() -> Iterator[Callable[..., Live]]:
    with ExitStack() as stack:

        def begin(then: Viewer | None, *, of_many: bool) -> Live:
            live = Reading(then, of_many=of_many).live
            stack.callback(live.close)
            return live

        yield begin


def end(code: str) -> Event:
    return Event(next_event({"errors": [code]}) + COMPLETE, last=True)


@pytest.mark.parametrize("of_many", [False, True])
def test_a_session_that_ends_while_a_change_is_read_is_not_told_of_it(
    reading: Callable[..., Live], of_many: bool
) -> None:
    assert reading(None, of_many=of_many).look() == end("UNAUTHENTICATED")


def test_who_loses_their_rights_while_a_change_is_read_is_told_what_they_may_see(
    reading: Callable[..., Live],
) -> None:
    live = reading(CUSTOMER, of_many=False)
    assert live.look() is None
    assert live.changed
    assert live.look() == Event(next_event({"data": {"seen_by_staff": False}}))


def test_who_loses_their_rights_while_changes_of_many_are_read_is_told_of_none(reading: Callable[..., Live]) -> None:
    assert reading(CUSTOMER, of_many=True).look() == end("FORBIDDEN")


def test_a_database_that_is_away_ends_a_stream_with_one_line_and_no_traceback() -> None:
    def authenticate() -> Viewer:
        raise psycopg.OperationalError

    async def scenario() -> None:
        async def send(message: dict[str, Any]) -> None:
            raise AssertionError(message)

        live = Live(
            ANONYMOUS,
            operation="away",
            authenticate=authenticate,
            run=lambda viewer: {},
            refusal=lambda error: {},
            on_close=lambda: None,
        )
        live.changed = True
        await asyncio.wait_for(Stream(live, _at_once, _stays, send).run(), PATIENCE)

    with json_log() as log:
        asyncio.run(scenario())
    (line,) = (line for line in lines(log) if line["level"] == "ERROR")
    assert (line["message"], "exception" in line) == ("database away", False)
