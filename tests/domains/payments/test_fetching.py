"""Events that Stripe could not deliver are fetched, and count as if they had come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from domains.common.background.models import OutboxMessage
from domains.common.background.periodic import Unfinished
from domains.payments.gateway import GatewayUnavailable
from domains.payments.handlers import fetch_events
from domains.payments.models import EventsFetch, WebhookEvent
from domains.payments.stripe import fetching
from tests.domains.payments.news import PATH, SECRET, news, signed
from tests.localstripe import KEY
from tests.promises.stripe_proxy import StripeProxy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def missed(settings: Settings) -> Iterator[list[dict[str, Any]]]:
    """The events that a Stripe has and could not deliver, newest first."""
    with StripeProxy("http://127.0.0.1:9").served() as proxy:
        settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = KEY, proxy.address
        settings.PAYMENT_GATEWAY, settings.STRIPE_WEBHOOK_SECRET = "stripe", [SECRET]
        yield proxy.lists["/v1/events"]


def event(number: int, age: timedelta = timedelta(minutes=5)) -> dict[str, Any]:
    about = {"object": "payment_intent", "id": f"pi_{number}"}
    created = int((timezone.now() - age).timestamp())
    told = {"id": f"evt_{number}", "object": "event", "type": "payment_intent.succeeded", "created": created}
    return told | {"data": {"object": about}}


def known() -> set[str]:
    return set(WebhookEvent.objects.values_list("event_id", flat=True))


def test_an_event_that_was_not_delivered_is_worked_on_once(missed: list[dict[str, Any]]) -> None:
    missed[:] = [event(number) for number in range(2)]
    body = news("pi_1", id_="evt_1")
    for _ in range(2):
        fetch_events()
        headers = {"Stripe-Signature": signed(body)}  # Stripe goes on trying
        assert Client().post(PATH, body, content_type="application/json", headers=headers).status_code == 200
    assert sorted(WebhookEvent.objects.values_list("event_id", "intent_id")) == [("evt_0", "pi_0"), ("evt_1", "pi_1")]
    assert OutboxMessage.objects.count() == 2


def test_all_pages_are_read_and_a_long_list_in_several_runs(
    missed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PAGE", 2)
    monkeypatch.setattr(fetching, "MOST", 3)
    missed[:] = [event(number) for number in range(5)]
    with pytest.raises(Unfinished):
        fetch_events()
    assert (known(), EventsFetch.objects.count()) == ({"evt_0", "evt_1", "evt_2"}, 0)
    fetch_events()
    assert known() == {f"evt_{number}" for number in range(5)}


def test_only_what_happened_since_the_last_time_is_asked_for(missed: list[dict[str, Any]]) -> None:
    """With an hour of overlap."""
    fetch_events()
    missed[:] = [event(0, timedelta(minutes=50)), event(1, timedelta(minutes=70))]
    fetch_events()
    assert known() == {"evt_0"}
    assert EventsFetch.objects.count() == 1


def test_a_provider_that_is_away_is_asked_an_hour_later_about_the_same_time(settings: Settings) -> None:
    settings.PAYMENT_GATEWAY, settings.STRIPE_API_KEY = "stripe", KEY
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    fetch_events()
    with pytest.raises(GatewayUnavailable):
        fetching.fetch_undelivered()
    assert not EventsFetch.objects.exists()
