"""Promise: each confirmed order gets one confirmation, and one mail about its end, whatever dies in between."""

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
from domains.common.background.models import OutboxMessage
from domains.orders.models import Order, OrderEvent
from tests.api import sign_in
from tests.domains.orders.shop import DATABASES
from tests.factories import ProductFactory, StaffFactory, UserFactory
from tests.processes import Stack, free_port, wait_until
from tests.promises.figures import size
from tests.promises.shoppers import Shopper, post

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
# Celery's pause before it connects again grows to 30 s, and a busy machine may refuse it a few times.
PATIENCE = 150
FIFTH = size(4, 10)  # of the orders; something is killed between two of them
CONFIRMATION = "CONFIRMATION_EMAIL_SENT"
# What staff do to some of five orders, and the mail about it.
ENDS = {1: ("fulfillOrder", "SENDING_EMAIL_SENT"), 3: ("cancelOrder", "CANCELLATION_EMAIL_SENT")}
END = "mutation ($id: ID!) { %s(input: {orderId: $id}) { __typename } }"
CONFIRMED = OrderEvent.objects.filter(type=CONFIRMATION)


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


def all_mailed() -> bool:
    return not OutboxMessage.objects.filter(done_at__isnull=True).exists()


def test_killing_the_worker_and_valkey_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Without a worker orders are taken; they are confirmed when it is back."""
    product = ProductFactory.create(stock=100)
    with deployment(tmp_path, "web", "worker", "relay") as (stack, valkey):
        shopper = Shopper(stack.url, UserFactory.create(proven=True))
        staff = sign_in(StaffFactory.create()).access_token
        for number in range(5 * FIFTH):
            without_worker = number in (FIFTH, 3 * FIFTH)
            if without_worker:
                stack.kill("worker")
            order = shopper.buy(product)["order"]
            assert order["status"] == "CONFIRMED"
            if without_worker:
                assert not CONFIRMED.filter(order=Order.objects.latest("serial")).exists()
                stack.start("worker")
            if (end := number % 5) in ENDS:
                answer = post(stack.url, staff, END % ENDS[end][0], {"id": order["id"]})
                assert next(iter(answer["data"].values()))["__typename"].endswith("Success")
            if number in (2 * FIFTH, 4 * FIFTH):
                valkey.restart()
        wait_until(lambda: all_running(stack) and all_mailed(), what="all mails", seconds=PATIENCE)
        assert any("multipart/alternative" in path.read_text() for path in stack.mails.iterdir())
    types = [CONFIRMATION, *(type_ for _, type_ in ENDS.values())]
    counts = {type_: Count("events", filter=Q(events__type=type_)) for type_ in types}
    for number, mails in enumerate(Order.objects.annotate(**counts).order_by("serial").values_list(*counts)):
        assert mails[1:] == (number % 5 == 1, number % 5 == 3)
        assert mails[0] == 1 or (mails[0] == 0 and number % 5 == 3)  # overtaken
