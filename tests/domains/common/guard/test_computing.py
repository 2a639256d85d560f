"""What may compute for long does so one at a time, and who waits for something else lets it."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import RequestFactory
from graphql import parse

from domains.common.graphql.context import Context
from domains.common.guard import computing
from domains.common.guard.breaker import CircuitBreaker
from domains.common.guard.computing import Experience, Quick, alone, give_way, waiting
from domains.common.guard.deadline import Deadline, Stopped
from domains.common.viewer import ANONYMOUS
from schema.execution.executor import execute
from schema.merge import core

WAIT = 20.0  # seconds; only a failure waits so long
LOCK = 7_230_113


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Quick:
    quick = Quick()
    monkeypatch.setattr(computing, "quick", quick)
    return quick


@contextmanager
def advisory_lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def test_heavy_operations_compute_one_at_a_time(pool: ThreadPoolExecutor) -> None:
    inside, most = [0], [0]

    def heavy() -> None:
        for _ in range(200):
            with alone():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                sum(range(500))
                inside[0] -= 1

    for done in [pool.submit(heavy) for _ in range(4)]:
        done.result(WAIT)
    assert most == [1]


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_waits_for_the_database_lets_others_compute(pool: ThreadPoolExecutor) -> None:
    began = threading.Event()

    def reads() -> None:
        try:
            with alone(), connection.cursor() as cursor:
                began.set()
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        finally:
            connection.close()

    with advisory_lock():
        reading = pool.submit(reads)
        assert began.wait(WAIT)
        pool.submit(enter_and_leave).result(WAIT)  # while the other still waits for the lock
        assert not reading.done()
    reading.result(WAIT)
    enter_and_leave()  # and it has given back what it took


def enter_and_leave() -> None:
    with alone():
        pass


def test_a_thread_that_waits_for_a_neighbour_lets_others_compute(pool: ThreadPoolExecutor) -> None:
    breaker = CircuitBreaker("neighbour", TimeoutError, failures=1, pause=1)
    with alone():
        with breaker.call(), breaker.call():  # what one neighbour asks of another
            pool.submit(enter_and_leave).result(WAIT)
        entering = pool.submit(enter_and_leave)
        assert not entering.done()
    entering.result(WAIT)


def test_whoever_waits_first_computes_first_and_too_long_a_wait_ends_the_request(pool: ThreadPoolExecutor) -> None:
    order: list[str] = []

    def late() -> None:
        with Deadline().within(0), alone():
            order.append("late")

    def enters(name: str) -> Callable[[], None]:
        def enter() -> None:
            with alone():
                order.append(name)

        return enter

    with alone():
        entering = []
        for number, task in enumerate([enters("first"), late, enters("second")], 1):
            entering.append(pool.submit(task))
            while len(computing._turns._waiting) < number:
                threading.Event().wait(0.001)
    entering[0].result(WAIT)
    with pytest.raises(Stopped):
        entering[1].result(WAIT)
    entering[2].result(WAIT)
    assert order == ["first", "second"]


def test_a_heavy_operation_lets_all_quick_requests_go_first(
    pool: ThreadPoolExecutor, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "WAY_SECONDS", WAIT)
    quick.begin()
    quick.begin()
    entering = pool.submit(enter_and_leave)
    quick.end()
    assert not wait([entering], timeout=0.05).done  # for the other one, too
    quick.end()
    entering.result(WAIT)


def test_one_that_goes_on_after_a_wait_lets_them_go_first_again(
    pool: ThreadPoolExecutor, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "WAY_SECONDS", WAIT)
    inside, go_on = threading.Event(), threading.Event()

    def heavy() -> None:
        with alone():
            with waiting():
                inside.set()
                go_on.wait(WAIT)
            order.append("heavy")

    order: list[str] = []
    going = pool.submit(heavy)
    assert inside.wait(WAIT)
    quick.begin()
    go_on.set()
    assert not wait([going], timeout=0.05).done
    order.append("quick")
    quick.end()
    going.result(WAIT)
    assert order == ["quick", "heavy"]


def test_a_quick_request_that_does_not_end_holds_up_a_heavy_one_only_now_and_then(
    pool: ThreadPoolExecutor, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "WAY_SECONDS", 0.001)
    monkeypatch.setattr(computing, "LONG_PIECE_SECONDS", WAIT)

    def heavy() -> None:
        with alone():
            monkeypatch.setattr(computing, "WAY_SECONDS", 10 * WAIT)
            give_way()  # its next piece has only begun

    quick.begin()
    pool.submit(heavy).result(WAIT)


def test_whoever_is_not_heavy_gives_no_way(
    pool: ThreadPoolExecutor, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "WAY_SECONDS", 10 * WAIT)
    quick.begin()
    pool.submit(give_way).result(WAIT)


@pytest.mark.django_db
def test_a_heavy_document_gives_way_between_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    went = list[str]()
    monkeypatch.setattr(computing, "give_way", lambda: went.append("field"))
    query = "{ products { nodes { id } } }"
    with alone():
        execute(core, parse(query), context_value=Context(RequestFactory().post("/graphql"), ANONYMOUS))
    assert len(went) == 2 * len(["products", "nodes"])  # to resolve it, and to complete it; there is no product


def test_a_heavy_operation_computes_for_as_long_as_it_has_waited(
    pool: ThreadPoolExecutor, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "WAY_SECONDS", 10 * WAIT)

    def heavy() -> None:
        with alone():  # it waits for the first quick one
            quick.begin()
            give_way()  # it has computed for next to nothing since
            quick.end()

    quick.begin()
    ending = threading.Timer(0.1, quick.end)
    ending.start()
    pool.submit(heavy).result(WAIT)
    ending.join()


def test_collecting_garbage_is_not_counted_as_computing() -> None:
    kept = [[number] for number in range(300_000)]
    began, all_began = computing.computed(), time.thread_time()
    gc.collect()
    counted, took = computing.computed() - began, time.thread_time() - all_began
    assert counted < took / 2
    assert len(kept) == 300_000


def test_a_document_is_heavy_by_its_estimate_until_it_was_seen_to_be_light_and_at_once_when_it_is_not() -> None:
    experience = Experience()
    assert experience.is_dear(0.1)
    assert not experience.is_dear(0.001)
    for _ in range(8):
        experience.learn(0.1, 0.002)
    assert not experience.is_dear(0.1)
    experience.learn(0.1, 0.3)
    assert experience.is_dear(0.01)
