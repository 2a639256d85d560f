"""The periodic work of orders: many in one task, which ends in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.utils import timezone

from domains.common import tasks
from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.models import new_id
from domains.common.data.transactions import short_transaction
from domains.common.handlers import purge
from domains.orders.models import Order
from domains.orders.services import expire_holds, expire_orders
from domains.orders.services.cancelling import END_HOLD
from domains.payments.models import Payment, SandboxIntent
from tests.api import Api
from tests.domains.common.time_limits import time_is_up
from tests.domains.common.together import locked_elsewhere
from tests.domains.orders.dashboard import TOTAL, assert_in_order, capture_there, drain, state
from tests.domains.orders.shop import DATABASES, buy
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

LONG_AGO = "2026-01-01T00:00:00Z"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def path(work: Callable[[], object]) -> str:
    return f"{work.__module__}.{work.__qualname__}"


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return bool(cursor.fetchone()[0])


def buy_long_ago(api: Api, method: str, number: int) -> None:
    product = ProductFactory.create(stock=number)
    for _ in range(number):
        buy(api, [(product, 1)], method)
    Order.objects.filter(status="PENDING").update(expires_at=LONG_AGO)
    Payment.objects.filter(status="AUTHORIZED").update(authorized_at=LONG_AGO)


@pytest.mark.parametrize(
    ("work", "method", "status"),
    [(expire_orders, "pm_card_authenticationRequired", "CANCELLED"), (expire_holds, "pm_card_visa", "CONFIRMED")],
)
def test_the_provider_is_asked_by_the_outbox_and_not_one_order_after_another(
    api: Api, work: Callable[[], object], method: str, status: str
) -> None:
    """An unpaid order is over at once; a hold is looked at before it is given up."""
    buy_long_ago(api, method, 3)
    for _ in range(2):
        tasks.run_periodic(path(work))
    assert set(Order.objects.values_list("status", flat=True)) == {status}
    assert not SandboxIntent.objects.filter(status="canceled").exists()
    drain()
    assert OutboxMessage.objects.filter(topic=END_HOLD).count() == (3 if status == "CONFIRMED" else 0)
    assert set(Order.objects.values_list("status", flat=True)) == {"CANCELLED"}
    assert set(SandboxIntent.objects.values_list("status", flat=True)) == {"canceled"}
    assert set(Payment.objects.values_list("status", flat=True)) == {"VOIDED"}


def test_a_time_limit_ends_the_task_and_is_no_trouble_of_an_order(api: Api) -> None:
    buy_long_ago(api, "pm_card_authenticationRequired", 2)
    first = Order.objects.order_by("created_at")[:1].values_list("id", flat=True)
    held = Order.objects.filter(id__in=list(first))
    with locked_elsewhere(held), time_is_up(somebody_waits), pytest.raises(SoftTimeLimitExceeded):
        tasks.run_periodic(path(expire_orders))
    assert not Order.objects.filter(status="CANCELLED").exists()


def test_money_that_was_taken_is_not_given_up_as_a_hold_though_its_news_got_lost(order: Order) -> None:
    Payment.objects.update(authorized_at=LONG_AGO)
    capture_there(order)
    expire_holds()
    drain()
    assert state() == ("FULFILLED", "CAPTURED", TOTAL, 0)
    assert_in_order()


def test_a_hold_of_which_the_provider_says_nothing_is_not_given_up(order: Order, silence: None) -> None:
    Payment.objects.update(authorized_at=LONG_AGO, provider="stripe")
    expire_holds()
    drain()
    assert state() == ("CONFIRMED", "AUTHORIZED", 0, 0)
    assert OutboxMessage.objects.get(topic=END_HOLD).done_at is None


def test_a_clock_that_jumps_a_week_ends_no_order_forgets_no_key_and_delays_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One machine of several wakes up with a wrong clock; the database's is right."""
    product, key, real = ProductFactory.create(stock=5), uuid4(), timezone.now
    buy(api, [(product, 1)], key=key)
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=7, minutes=1))
    expire_holds()
    expire_orders()
    drain()
    purge()
    with short_transaction():
        message = outbox.enqueue("test", key=new_id())
    monkeypatch.undo()
    assert set(Order.objects.values_list("status", flat=True)) == {"CONFIRMED", "PENDING"}
    assert buy(api, [(product, 1)], key=key)["replayed"]
    assert message.id in outbox.hand_over()
