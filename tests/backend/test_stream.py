"""One open stream: what ends it ends it for good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from backend.streaming import Stream
from domains.common.errors import UnauthenticatedError
from domains.common.graphql.context import NothingYet
from domains.common.viewer import ANONYMOUS, Viewer
from schema.streams.live import COMPLETE, Event, Live, next_event
from tests.logs import json_log, lines

PATIENCE = 10.0  # seconds


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


@pytest.mark.parametrize("of_many", [False, True])
def test_a_session_that_ends_while_a_change_is_read_is_not_told_of_it(of_many: bool) -> None:
    ended = False

    def authenticate() -> Viewer:
        if ended:
            raise UnauthenticatedError
        return ANONYMOUS

    def run(viewer: Viewer) -> dict[str, Any]:
        nonlocal ended
        ended = True
        return {"data": {"told": "what came after the end"}}

    live = Live(
        ANONYMOUS,
        operation=f"ends, {of_many}",
        authenticate=authenticate,
        run=run,
        refusal=lambda error: {"errors": [error.code]},
        on_close=lambda: None,
    )
    if of_many:
        with suppress(NothingYet):
            live.each("many", Changed)
    assert live.look() == Event(next_event({"errors": ["UNAUTHENTICATED"]}) + COMPLETE, last=True)
    assert ended
    live.close()


class Changed:
    """One object that changes all the time."""

    def changed(self) -> dict[int, int]:
        return {1: 1}


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
