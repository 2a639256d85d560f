"""News of the provider: only what it signed, each once, in any order."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from domains.common.background.models import OutboxMessage
from domains.payments.handlers import purge_inbox
from domains.payments.models import WebhookEvent
from domains.payments.sandbox.gateway import decide
from tests.api import Api
from tests.domains.orders.shop import DATABASES, buy, deliver_due, events, the_order
from tests.domains.payments.news import PATH, SECRET, news, signed
from tests.factories import ProductFactory

OLD = "whsec_old"


@pytest.fixture(autouse=True)
def speaks_stripe(settings: Settings) -> None:
    settings.PAYMENT_GATEWAY, settings.STRIPE_WEBHOOK_SECRET = "stripe", [SECRET]


def tell(body: str | bytes, signature: str | None = None, **headers: str) -> int:
    signature = signed(body if isinstance(body, str) else "") if signature is None else signature
    headers = {"Stripe-Signature": signature, **headers}
    return Client().post(PATH, body, content_type="application/json", headers=headers).status_code


@pytest.mark.django_db(transaction=True)
def test_signed_news_is_written_down_with_the_promise_to_look_after_it() -> None:
    assert tell(news("pi_7")) == 200
    row = WebhookEvent.objects.get()
    assert (row.event_id, row.type, row.intent_id) == ("evt_1", "payment_intent.succeeded", "pi_7")
    assert row.processed_at is None
    assert OutboxMessage.objects.get().key == row.id
    assert deliver_due() == 1
    assert WebhookEvent.objects.get().processed_at is not None


@pytest.mark.django_db(transaction=True)
def test_what_is_told_again_counts_once() -> None:
    assert [tell(news()) for _ in range(3)] == [200, 200, 200]
    assert WebhookEvent.objects.count() == OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_old_news_is_forgotten() -> None:
    for days in (29, 31):
        WebhookEvent.objects.create(event_id=f"evt_{days}", created_at=timezone.now() - timedelta(days=days))
    purge_inbox()
    assert WebhookEvent.objects.get().event_id == "evt_29"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("about", "intent_id"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, "pi_1"),
        ({"object": "refund", "id": "re_1", "payment_intent": "pi_1"}, "pi_1"),
        ({"object": "customer", "id": "cus_1"}, ""),
        ({"object": "charge", "id": "ch_1", "payment_intent": None}, ""),
        ({}, ""),
    ],
)
def test_news_of_any_kind_is_welcome_and_work_only_when_it_names_an_intent(
    about: dict[str, Any], intent_id: str
) -> None:
    assert tell(json.dumps({"id": "evt_1", "type": "something.new", "data": {"object": about}})) == 200
    assert WebhookEvent.objects.get().intent_id == intent_id
    assert OutboxMessage.objects.count() == bool(intent_id)


@pytest.mark.django_db(transaction=True)
def test_secrets_rotate_without_a_gap(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = [SECRET, OLD]
    assert [tell(news(id_=secret), signed(news(id_=secret), secret)) for secret in (SECRET, OLD)] == [200, 200]
    settings.STRIPE_WEBHOOK_SECRET = [SECRET]
    assert tell(news(id_="evt_3"), signed(news(id_="evt_3"), OLD)) == 400


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_accepted(settings: Settings, secrets: list[str]) -> None:
    settings.STRIPE_WEBHOOK_SECRET = secrets
    assert tell(news(), signed(news(), "")) == 400


@pytest.mark.parametrize(
    "body",
    [
        *("", "null", "1", "[]", "{}", '{"id": "evt_1"}', '{"id": "evt_1", "type": "", "data": 1}', "[" * 100_000),
        *(news(name) for name in ("\0", "\ud800")),
        *(news(id_=name) for name in ("\0", "\ud800")),
    ],
    ids=itertools.count(),
)
def test_signed_nonsense_is_refused(body: str) -> None:
    assert tell(body) == 400


def test_only_posts_are_news() -> None:
    assert Client().get(PATH).status_code == 405


def test_too_large_a_body_is_refused_unread(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = news() + " " * 100
    assert tell(body) == 400


def test_another_providers_shop_has_no_such_page(settings: Settings) -> None:
    settings.PAYMENT_GATEWAY = "sandbox"
    assert tell(news()) == 404


@pytest.mark.django_db(transaction=True, databases=DATABASES)
@pytest.mark.parametrize("order", list(itertools.permutations(["requires_action", "succeeded", "canceled"])))
def test_the_order_of_news_does_not_matter(api: Api, settings: Settings, order: tuple[str, ...]) -> None:
    settings.PAYMENT_GATEWAY = "sandbox"
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    payment = the_order().payment
    decide(payment.client_secret, complete=True)
    for name in (*order, *order):
        settings.PAYMENT_GATEWAY = "stripe"
        assert tell(news(payment.intent_id, id_=f"evt_{name}", type_=f"payment_intent.{name}")) == 200
        settings.PAYMENT_GATEWAY = "sandbox"
        deliver_due()
    deliver_due()
    assert the_order().status == "CONFIRMED"
    assert Counter(events(the_order()))["CONFIRMED"] == 1


@pytest.mark.django_db(transaction=True, databases=DATABASES)
def test_what_news_claims_is_not_believed_but_looked_up(api: Api, settings: Settings) -> None:
    settings.PAYMENT_GATEWAY = "sandbox"
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    payment = the_order().payment
    decide(payment.client_secret, complete=False)
    settings.PAYMENT_GATEWAY = "stripe"
    tell(news(payment.intent_id))
    settings.PAYMENT_GATEWAY = "sandbox"
    for _ in range(2):
        deliver_due()
    assert the_order().status == "CANCELLED"
