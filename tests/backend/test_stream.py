"""One open stream: what ends it ends it for good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg

from backend.streaming import Stream
from domains.common.viewer import ANONYMOUS, Viewer
from schema.streams.live import Event, Live
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
