"""Promise: whatever people, cardholders, clocks and crashes do, and in whatever order, money and stock agree."""

from __future__ import annotations

import pytest
from django.core import mail
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as machine_settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import Settings

from domains.orders.invariants import RULES
from domains.payments.sandbox import gateway
from tests.domains.orders.shop import DATABASES
from tests.promises.figures import Rounds, figures, size
from tests.promises.life import Life

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

CHUNKS, RUNS = size((1, 12), (40, 50))
STEPS = 20


def test_any_order_of_events_leaves_money_and_stock_in_agreement(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYMENT_GATEWAY_TIMEOUT = 0.01
    settings.ORDER_MAX_UNPAID = settings.DECLINES_PER_HOUR = 1_000
    monkeypatch.setattr(gateway, "SLOW_SECONDS", 0.001)
    rounds = Rounds("state_machine", CHUNKS)
    for number in rounds:
        Life.counted.clear()
        live(number)
        mail.outbox.clear()
        rounds.finish(number, **Life.counted)
    figures("state_machine", **rounds.total)
    assert [finding for rule in RULES for finding in rule()] == []


def live(number: int) -> None:
    """RUNS lives, the same ones for the same number."""
    run_state_machine_as_test(
        seed(number)(Life),
        settings=machine_settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
