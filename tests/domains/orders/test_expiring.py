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
from domains.common.data.models import new_id
from domains.common.data.transactions import short_transaction
from domains.common.handlers import purge
from domains.orders.models import Order
from domains.orders.services import expire_holds, expire_orders
from domains.payments.models import Payment, SandboxIntent
from tests.api import Api
from tests.domains.common.time_limits import time_is_up
from tests.domains.common.together import locked_elsewhere
from tests.domains.orders.shop import DATABASES, buy, deliver_due, make_due
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

LONG_AGO = "2026-01-01T00:00:00Z"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
WORK = [
    (expire_orders, "pm_card_authenticationRequired"),
    (expire_holds, "pm_card_visa"),
]


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


@pytest.mark.parametrize(("work", "method"), WORK)
def test_the_provider_is_asked_by_the_outbox_and_not_one_order_after_another(
    api: Api, work: Callable[[], object], method: str
) -> None:
    buy_long_ago(api, method, 3)
    tasks.run_periodic(path(work))
    assert set(Order.objects.values_list("status", flat=True)) == {"CANCELLED"}
    assert not SandboxIntent.objects.filter(status="canceled").exists()
    make_due()
    deliver_due()
    assert set(SandboxIntent.objects.values_list("status", flat=True)) == {"canceled"}
    assert set(Payment.objects.values_list("status", flat=True)) == {"VOIDED"}


@pytest.mark.parametrize(("work", "method"), WORK)
def test_a_time_limit_ends_the_task_and_is_no_trouble_of_an_order(
    api: Api, work: Callable[[], object], method: str
) -> None:
    buy_long_ago(api, method, 2)
    first = Order.objects.order_by("created_at")[:1].values_list("id", flat=True)
    held = Order.objects.filter(id__in=list(first))
    with locked_elsewhere(held), time_is_up(somebody_waits), pytest.raises(SoftTimeLimitExceeded):
        tasks.run_periodic(path(work))
    assert not Order.objects.filter(status="CANCELLED").exists()


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
    purge()
    with short_transaction():
        message = outbox.enqueue("test", key=new_id())
    monkeypatch.undo()
    assert set(Order.objects.values_list("status", flat=True)) == {"CONFIRMED", "PENDING"}
    assert buy(api, [(product, 1)], key=key)["replayed"]
    assert message.id in outbox.hand_over()
