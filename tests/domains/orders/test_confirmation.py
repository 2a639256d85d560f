"""The confirmation e-mail."""

from __future__ import annotations

from email.message import EmailMessage
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from domains.accounts.models import User
from domains.common.background import delivering
from domains.common.background.models import OutboxMessage
from domains.orders.models import OrderEvent
from tests.api import Api, gid
from tests.domains.orders.dashboard import assert_in_order, drain
from tests.domains.orders.shop import DATABASES, buy, deliver_due, make_due, the_order
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def sent() -> EmailMessage:
    message: Any = mail.outbox[-1].message()
    return message  # type: ignore[no-any-return]


def test_a_confirmed_order_is_confirmed_by_mail_once(api: Api, customer: User) -> None:
    buy(api, [(ProductFactory.create(name="Oak <Tray>", price=1999), 2)])
    assert deliver_due() == 1
    order = the_order()
    assert mail.outbox[0].to == [customer.email]
    assert mail.outbox[0].subject == f"Your order {order.number}"
    assert "2 x Oak <Tray>" in str(mail.outbox[0].body)
    assert "39.98 GBP" in str(mail.outbox[0].body)
    html = str(mail.outbox[0].alternatives[0][0])  # type: ignore[attr-defined]
    assert "Oak &lt;Tray&gt;" in html
    make_due()
    assert deliver_due() == 0
    assert len(mail.outbox) == 1
    assert OrderEvent.objects.filter(type="CONFIRMATION_EMAIL_SENT").count() == 1


def test_an_address_that_nobody_has_proven_gets_few_mails_and_no_strangers_words(api: Api, customer: User) -> None:
    product = ProductFactory.create(stock=50)
    User.objects.update(name="Pay at http://evil.example/x", email_verified_at=None)
    for _ in range(7):
        buy(api, [(product, 1)])
    assert deliver_due() == 5
    make_due()
    assert deliver_due() == 0
    assert len(mail.outbox) == 5
    assert "evil.example" not in "".join(str(sent.message()) for sent in mail.outbox)
    assert OutboxMessage.objects.filter(topic="orders.confirmation", done_at=None, failures=0).count() == 2  # none lost
    User.objects.update(email_verified_at=timezone.now())
    make_due()
    assert deliver_due() == 2
    assert "Hello Pay at" in str(mail.outbox[-1].body)


def test_a_mail_that_could_not_be_sent_does_not_count(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise SMTPServerDisconnected

    buy(api, [(ProductFactory.create(), 1)])
    with monkeypatch.context() as patched:
        patched.setattr(EmailMultiAlternatives, "send", away)
        for _ in range(6):
            make_due()
            assert deliver_due() == 0
    make_due()
    assert deliver_due() == 1


def test_a_mail_that_is_sent_again_has_the_same_message_id(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    deliver_due()
    first = sent()["Message-ID"]
    OutboxMessage.objects.filter(topic="orders.confirmation").update(done_at=None, due_at="2026-01-01T00:00:00Z")
    OrderEvent.objects.filter(type="CONFIRMATION_EMAIL_SENT").delete()
    deliver_due()
    assert len(mail.outbox) == 2
    assert sent()["Message-ID"] == first
    assert str(the_order().id) in first


def test_two_workers_with_one_message_record_one_confirmation(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    message_id = OutboxMessage.objects.get(topic="orders.confirmation").id
    assert [delivering.deliver(message_id), delivering.deliver(message_id)] == [True, False]
    assert OrderEvent.objects.filter(type="CONFIRMATION_EMAIL_SENT").count() == 1


def test_a_declined_order_is_not_confirmed(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)], "pm_card_chargeDeclined")
    make_due()
    deliver_due()
    assert mail.outbox == []


def test_of_an_order_cancelled_before_it_was_confirmed_by_mail_only_that_is_heard(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    api.call("cancelOrder", "order { id }", orderId=gid(the_order()))
    drain()
    assert [message.subject for message in mail.outbox] == [f"Your order {the_order().number} was cancelled"]
    assert_in_order()
