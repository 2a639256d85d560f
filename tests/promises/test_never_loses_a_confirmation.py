"""Promise: each confirmed order gets exactly one confirmation, whatever dies in between."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db.models import Count, Q
from redis import Redis
from redis.exceptions import RedisError

from backend.dev.valkey import find_binary
from domains.orders.models import Order, OrderEvent
from tests.domains.orders.shop import DATABASES
from tests.factories import ProductFactory, UserFactory
from tests.processes import Stack, free_port, wait_until
from tests.promises.shoppers import Shopper

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
# Celery's pause before it connects again grows to 30 s, and a busy machine may refuse it a few times.
PATIENCE = 150
CONFIRMED = OrderEvent.objects.filter(type="CONFIRMATION_EMAIL_SENT")


class Valkey:
    """A server of this test's own, without persistence, that can be killed."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [str(find_binary()), "--port", str(self._port), "--save", "", "--appendonly", "no"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, what="the server answers")
        assert process.poll() is None, "another one has this port"
        return process

    def _answers(self) -> bool:
        with contextlib.suppress(RedisError):
            return bool(Redis.from_url(self.url).ping())
        return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """kill -9, and a new one that knows nothing."""
        self.kill()
        self._process = self._start()


@contextmanager
def deployment(tmp_path: Path, *names: str) -> Iterator[tuple[Stack, Valkey]]:
    mails = tmp_path / "mails"
    mails.mkdir()
    valkey = Valkey()
    with Stack(mails, REDIS_URL=valkey.url) as stack:
        try:
            stack.start(*names)
            yield stack, valkey
        finally:
            valkey.kill()


def all_running(stack: Stack) -> bool:
    stack.supervise()
    return True


def all_confirmed(count: int) -> bool:
    return CONFIRMED.count() >= count


def test_killing_the_worker_and_valkey_loses_and_doubles_nothing(tmp_path: Path) -> None:
    product = ProductFactory.create(stock=100)
    with deployment(tmp_path, "web", "worker", "relay") as (stack, valkey):
        shopper = Shopper(stack.url, UserFactory.create(proven=True))
        for number in range(50):
            assert shopper.buy(product)["order"]["status"] == "CONFIRMED"
            if number in (10, 30):
                stack.kill("worker")
                stack.start("worker")
            if number in (20, 40):
                valkey.restart()
        wait_until(lambda: all_running(stack) and all_confirmed(50), what="50 confirmations", seconds=PATIENCE)
    orders = Order.objects.annotate(mails=Count("events", filter=Q(events__type="CONFIRMATION_EMAIL_SENT")))
    assert list(orders.values_list("mails", flat=True)) == [1] * 50


def test_without_a_worker_orders_are_taken_and_confirmed_when_it_is_back(tmp_path: Path) -> None:
    with deployment(tmp_path, "web", "relay") as (stack, _):
        shopper = Shopper(stack.url, UserFactory.create(proven=True))
        assert shopper.buy(ProductFactory.create())["order"]["status"] == "CONFIRMED"
        assert not CONFIRMED.exists()
        stack.start("worker")
        wait_until(lambda: all_running(stack) and all_confirmed(1), what="the confirmation", seconds=PATIENCE)
        mails = [path.read_text() for path in stack.mails.iterdir()]
    assert len(mails) == 1
    assert "multipart/alternative" in mails[0]
