"""Requests queue for a bulkhead that moves, and not for one that hangs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from domains.common.guard.bulkhead import Bulkhead


def test_nobody_queues_for_work_that_hangs() -> None:
    async def scene() -> None:
        bulkhead = Bulkhead(threads=1, mark=b"", patience=0.01)
        async with bulkhead.turn(), bulkhead.turn():  # the second one goes on, to be refused by `enter`
            pass
        async with bulkhead.turn():  # and has not given back what it never had
            assert bulkhead._turns.locked()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_client_that_leaves_the_queue_takes_no_turn_with_it() -> None:
    async def scene() -> None:
        bulkhead = Bulkhead(threads=1, mark=b"", patience=600.0)

        async def take() -> None:
            async with bulkhead.turn():
                pass

        async with bulkhead.turn():
            leaving, staying = asyncio.create_task(take()), asyncio.create_task(take())
            await asyncio.sleep(0)
            leaving.cancel()
        await staying
        with suppress(asyncio.CancelledError):
            await leaving
        assert not bulkhead._turns.locked()

    asyncio.run(asyncio.wait_for(scene(), 20))
