"""A mail about an order that its mail server refuses: dead at once, and in the order's history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from domains.common.background import delivering
from domains.common.background.models import OutboxMessage
from domains.orders.models import OrderEvent
from tests.api import Api, gid
from tests.domains.orders.dashboard import assert_in_order, drain
from tests.domains.orders.shop import DATABASES, buy, deliver_due, make_due, the_order
from tests.factories import ProductFactory
from tests.mail_server import mail_server

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

HISTORY = "query ($id: ID!) { order(id: $id) { events { type message actor } } }"
FAILED = "{ failedMessages { nodes { id topic attempts lastError } } }"
NO_SUCH_PERSON = "550 5.1.1 {}: no such person"


def confirmation() -> OutboxMessage:
    return OutboxMessage.objects.get(topic="orders.confirmation")


def test_a_refused_confirmation_is_not_tried_again_and_staff_see_it(api: Api, staff: Api, settings: Settings) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    with mail_server(settings, rcpt=NO_SUCH_PERSON) as heard:
        assert deliver_due() == 0
        make_due()
        assert deliver_due() == 0
    assert len([line for line in heard if line.startswith("rcpt")]) == 1
    [failed] = staff.data(FAILED)["failedMessages"]["nodes"]
    assert (failed["topic"], failed["attempts"], failed["lastError"]) == (
        "orders.confirmation",
        1,
        "MailRefused 550 5.1.1",
    )
    event = staff.data(HISTORY, {"id": gid(the_order())})["order"]["events"][-1]
    text = f'The mail "Your order {the_order().number}" could not be delivered'
    assert event == {"type": "EMAIL_NOT_SENT", "message": text, "actor": "SYSTEM"}
    OutboxMessage.objects.all().delete()
    assert_in_order()


def test_a_refused_confirmation_that_staff_retry_is_sent_and_recorded(api: Api, staff: Api, settings: Settings) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    for _ in range(2):
        with mail_server(settings, rcpt=NO_SUCH_PERSON):
            deliver_due()
        failed = staff.data(FAILED)["failedMessages"]["nodes"][0]["id"]
        staff.call("retryMessage", "retriedMessage { id }", messageId=failed)
    with mail_server(settings):
        drain()
    mails = OrderEvent.objects.filter(type__contains="EMAIL").order_by("created_at").values_list("type", flat=True)
    assert [*mails] == ["EMAIL_NOT_SENT", "CONFIRMATION_EMAIL_SENT"]
    assert_in_order()


def test_a_confirmation_that_dies_of_failures_is_in_the_history_of_its_order(api: Api, settings: Settings) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    old = timezone.now() - timedelta(days=4)  # longer than mails are waited with
    OutboxMessage.objects.update(failures=delivering.MAX_FAILURES - 1, created_at=old)
    with mail_server(settings, connect="554 go away"):
        deliver_due()
    assert confirmation().dead_at
    assert OrderEvent.objects.latest("created_at").type == "EMAIL_NOT_SENT"
    OutboxMessage.objects.all().delete()
    assert_in_order()


@pytest.mark.parametrize("phase", ["connect", "mail"])
def test_a_server_that_refuses_us_kills_no_mail(api: Api, settings: Settings, phase: str) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    with mail_server(settings, **{phase: "554 5.7.1 not from you"}):
        deliver_due()
    assert (confirmation().dead_at, confirmation().failures) == (None, 0)
