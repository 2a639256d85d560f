"""An operation whose provider never answers usefully is somebody's business in the end; old news goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from domains.accounts.models import User
from domains.common.background import delivering, outbox, periodic
from domains.common.background.models import OutboxMessage
from domains.common.data.transactions import short_transaction
from domains.common.viewer import Viewer
from domains.operations.models import FailedMessage
from domains.operations.services import retry_message
from domains.payments import gateway, services
from domains.payments.handlers import purge_inbox
from domains.payments.models import Payment, PaymentOperation, WebhookEvent
from tests.domains.common.broker import closed_port

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])


@pytest.fixture
def nobody_answers(settings: Settings) -> Iterator[None]:
    settings.PAYMENT_GATEWAY, settings.STRIPE_API_KEY = "stripe", "sk_test"
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{closed_port()}"
    gateway._made.cache_clear()
    yield
    gateway._made.cache_clear()


@pytest.fixture
def capture(customer: User, nobody_answers: None) -> OutboxMessage:
    """The promise to capture a payment."""
    hold = {"status": "AUTHORIZED", "amount": 100, "authorized": 100, "intent_id": "pi_1"}
    payment = Payment.objects.create(payer=customer, currency="GBP", method="pm_card_visa", **hold)
    with short_transaction():
        services.request(payment.id, PaymentOperation.Kind.CAPTURE, amount=100)
    return OutboxMessage.objects.get(topic=services.OPERATION)


def test_an_operation_is_tried_again_while_the_provider_may_still_answer(capture: OutboxMessage) -> None:
    delivering.deliver(capture.id)
    capture.refresh_from_db()
    assert (capture.failures, capture.lease) == (0, None)
    assert capture.due_at > timezone.now()


def test_an_operation_without_an_answer_for_a_day_fails_and_dies_and_staff_can_retry_it(capture: OutboxMessage) -> None:
    old = timezone.now() - outbox.PATIENCE
    OutboxMessage.objects.update(created_at=old, failures=delivering.MAX_FAILURES - 2)
    for _ in range(2):
        delivering.deliver(capture.id)
    dead = FailedMessage.objects.get(id=capture.id)
    assert (dead.failures, dead.last_error) == (delivering.MAX_FAILURES, "GatewayUnavailable")
    assert dead.dead_at is not None
    assert PaymentOperation.objects.get().status == "REQUESTED"  # nobody knows what became of it
    retry_message(viewer=Viewer(is_staff=True), message_id=dead.id)
    assert list(outbox.hand_over()) == [dead.id]


def test_old_news_go_in_batches_and_recent_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "BATCH", 2)
    old = timezone.now() - timedelta(days=30, minutes=1)
    for number in range(6):
        event = WebhookEvent.objects.create(event_id=f"evt_{number}", type="payment_intent.succeeded")
        WebhookEvent.objects.filter(id=event.id, event_id__lt="evt_5").update(created_at=old)
    purge_inbox()
    assert WebhookEvent.objects.get().event_id == "evt_5"
