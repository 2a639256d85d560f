"""What the mails about an order say, to whom, and which of them are not sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from domains.accounts.models import User
from domains.orders.models import Order, OrderEvent
from domains.orders.services import expire_orders
from domains.orders.transitions import MAILS
from domains.payments.models import Refund
from domains.payments.sandbox.gateway import decide
from domains.payments.services import provider_changed
from tests.api import Api, gid
from tests.domains.orders.dashboard import assert_in_order, drain, refund
from tests.domains.orders.shop import ADDRESS, DATABASES, ORDER, buy, deliver_due, the_order, wish
from tests.factories import DeliveryMethodFactory, ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

STRANGE = "evil.example"
TYPED = {"name": f"Ada & Co {STRANGE}", "line1": f"1 High Street {STRANGE}"}  # of an address


def parts(number: int = -1) -> tuple[str, str]:
    """The text and the HTML of a mail, as programs that show the one and the other read it."""
    read = message_from_bytes(mail.outbox[number].message().as_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    text, page = (read.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert page
    return text.get_content(), page.get_content()


def subjects() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


class Page(HTMLParser):
    """What somebody sees of a page, and where it leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", list[str](), set[str]()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += " " if tag in {"td", "br", "p"} else ""
        for name, value in attrs:
            assert name in {"style", "href", "lang"}, name
            assert "url" not in str(value)
            self.links += [str(value)] if name == "href" else []

    def handle_data(self, data: str) -> None:
        self.text += data


def words(text: str) -> list[str]:
    return text.replace("\xd7", "x").replace(":", "").split()


def confirmed(api: Api, staff: Api, method: str = "pm_card_visa") -> Order:
    """Of two products and a delivery, 20.00 in all; its confirmation is not sent yet."""
    product = ProductFactory.create(name="<b>Oak</b> & co", sku="OAK", price=750, tax_rate=20)
    cart = wish([(product, 2)], DeliveryMethodFactory.create(name="By <bike>", price=500, tax_rate=20))
    cart["delivery"]["address"] = {**ADDRESS, **TYPED}
    api.call("createOrder", ORDER, **cart | {"note": f"Ring <twice> {STRANGE}", "paymentMethod": method})
    return the_order()


def waiting(api: Api, staff: Api) -> Order:
    order = confirmed(api, staff, "pm_card_authenticationRequired")
    Order.objects.update(expires_at="2099-12-27T14:05:00Z")
    return order


def sent(api: Api, staff: Api) -> Order:
    order = confirmed(api, staff)
    deliver_due()
    how = {"carrier": "Royal <Mail>", "trackingNumber": "RM 1", "trackingUrl": "https://carrier.example/?a=1&b=2"}
    staff.call("fulfillOrder", "order { id }", orderId=gid(order), **how)
    return order


def cancelled(api: Api, staff: Api) -> Order:
    order = confirmed(api, staff)
    deliver_due()
    api.call("cancelOrder", "order { id }", orderId=gid(order), reason=STRANGE)
    return order


def refunded(api: Api, staff: Api) -> Order:
    order = sent(api, staff)
    drain()
    refund(staff, order, amount="12.50", reason=STRANGE)
    return order


CONTENTS = """
2 x <b>Oak</b> & co (OAK): 15.00 GBP

Subtotal: 15.00 GBP
By <bike>: 5.00 GBP
Total: 20.00 GBP
Tax included: 3.33 GBP
"""
TO = """
Delivery to:
Ada & Co evil.example
1 High Street evil.example
LS1 4AP Leeds
GB
"""
type Life = Callable[[Api, Api], Order]
LIVES: dict[str, tuple[Life, str, str]] = {
    "orders.confirmation": (
        confirmed,
        "Your order {}",
        f"""
thank you for your order {{}}. It is confirmed.
{CONTENTS}{TO}
Your note: Ring <twice> evil.example

The total is held on your payment method and will be charged when we send your parcel.

Follow your order: http://127.0.0.1:8000/orders/{{}}
""",
    ),
    "orders.action": (
        waiting,
        "Your order {} waits for your bank",
        """
your bank wants you to confirm the payment of your order {}: 20.00 GBP.

Finish the payment: http://127.0.0.1:8000/orders/{}

Please do so before 27 December 2099, 14:05 (UTC). The order ends by itself then, and nothing is charged.
""",
    ),
    "orders.sending": (
        sent,
        "Your order {} is on its way",
        f"""
your order {{}} is on its way with Royal <Mail>.

Tracking number: RM 1
Follow the parcel: https://carrier.example/?a=1&b=2
{CONTENTS}
Charged: 20.00 GBP
{TO}
See your order: http://127.0.0.1:8000/orders/{{}}
""",
    ),
    "orders.cancellation": (
        cancelled,
        "Your order {} was cancelled",
        f"""
your order {{}} was cancelled.
{CONTENTS}
Nothing was charged. Money that your bank holds for it is released within a few days.

See your order: http://127.0.0.1:8000/orders/{{}}
""",
    ),
    "orders.refund": (
        refunded,
        "A refund for your order {}",
        """
we gave back 12.50 GBP for your order {}. It may take your bank a few days to show it.

See your order: http://127.0.0.1:8000/orders/{}
""",
    ),
}


@pytest.mark.parametrize("topic", MAILS)
def test_each_mail_says_in_text_and_page_what_has_become_of_the_order(
    api: Api, staff: Api, customer: User, topic: str
) -> None:
    User.objects.update(email_verified_at=timezone.now())
    live, subject, body = LIVES[topic]
    order = live(api, staff)
    drain()
    message = mail.outbox[-1]
    assert (message.to, message.subject) == ([customer.email], subject.format(order.number))
    text, page = parts()
    assert text.strip() == f"Hello Ada Person,\n{body.format(order.number, order.number)}".strip()
    read = Page(page)
    assert words(read.text) == words(re.sub(r": https?://\S+", "", text))
    assert [*read.links] == re.findall(r": (https?://\S+)", text)
    assert read.tags <= {"html", "body", "p", "a", "strong", "small", "br", "table", "tr", "td"}


@pytest.mark.parametrize("topic", MAILS)
def test_an_address_that_nobody_has_proven_hears_of_products_and_amounts_and_nothing_that_somebody_typed(
    api: Api, staff: Api, topic: str
) -> None:
    User.objects.update(name=f"Pay at {STRANGE}")
    order = LIVES[topic][0](api, staff)
    drain()
    assert all(order.number in str(message.body) for message in mail.outbox)
    everything = "".join("".join(parts(number)) for number in range(len(mail.outbox)))
    assert not any(text in everything for text in (STRANGE, "LS1 4AP", "Ring"))
    assert ("12.50 GBP" if topic == "orders.refund" else "20.00 GBP") in parts()[0]


def test_mails_beyond_the_five_an_hour_wait_and_those_that_are_overtaken_meanwhile_are_dropped(
    api: Api, staff: Api
) -> None:
    product = ProductFactory.create(stock=9)
    for _ in range(4):
        buy(api, [(product, 1)])
    deliver_due()
    first, second, third, _ = Order.objects.order_by("serial")
    for order in (first, second):
        api.call("cancelOrder", "order { id }", orderId=gid(order))
    deliver_due()  # the fifth
    buy(api, [(product, 1)])
    staff.call("fulfillOrder", "order { id }", orderId=gid(third))
    drain()
    assert len(mail.outbox) == 5
    newest = Order.objects.latest("serial")
    api.call("cancelOrder", "order { id }", orderId=gid(newest))
    User.objects.update(email_verified_at=timezone.now())
    drain()
    assert sorted(subjects()[5:]) == sorted(
        [
            f"Your order {second.number} was cancelled",
            f"Your order {third.number} is on its way",
            f"Your order {newest.number} was cancelled",
        ]
    )
    assert_in_order()


def test_each_mail_is_recorded_once_an_order_and_of_refunds_once_each(api: Api, staff: Api) -> None:
    order = refunded(api, staff)
    refund(staff, order, amount="1.00")
    drain()
    refund_ids = {str(one.id) for one in Refund.objects.all()}
    mails = OrderEvent.objects.filter(type__endswith="_EMAIL_SENT").order_by("id")
    assert [*mails.values_list("type", flat=True)] == [
        "CONFIRMATION_EMAIL_SENT",
        "SENDING_EMAIL_SENT",
        "REFUND_EMAIL_SENT",
        "REFUND_EMAIL_SENT",
    ]
    assert {event.data["refund_id"] for event in mails if event.data} == refund_ids
    assert len({message.message()["Message-ID"] for message in mail.outbox}) == len(mail.outbox) == 4
    for event in mails:
        with pytest.raises(IntegrityError):
            OrderEvent.objects.create(order=order, type=event.type, data=event.data)


@pytest.mark.parametrize("complete", [True, False])
def test_who_comes_back_from_the_bank_in_time_is_not_asked_to_go_there(api: Api, complete: bool) -> None:
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    assert deliver_due() == 0  # most people are there already
    intent_id = decide(the_order().payment.client_secret, complete=complete)
    provider_changed(str(intent_id))
    drain()
    number = the_order().number
    assert subjects() == [f"Your order {number}{'' if complete else ' was cancelled'}"]
    assert complete or "the payment was declined" in parts()[0]


def test_what_the_answer_to_a_call_says_is_not_mailed_too(api: Api) -> None:
    assert buy(api, [(ProductFactory.create(), 1)], "pm_card_chargeDeclined")["__typename"] == "PaymentDeclinedError"
    drain()
    assert mail.outbox == []


def test_an_unpaid_order_ends_with_a_mail_that_says_why(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    Order.objects.update(expires_at="2026-01-01T00:00:00Z")
    expire_orders()
    drain()
    assert subjects() == [f"Your order {the_order().number} was cancelled"]
    assert "was cancelled: it was not paid in time" in parts()[0]


def test_a_refund_that_failed_before_its_mail_went_out_is_not_called_made(api: Api, staff: Api) -> None:
    refunded(api, staff)
    Refund.objects.update(status="FAILED")
    deliver_due()
    assert len(mail.outbox) == 2
    assert not OrderEvent.objects.filter(type="REFUND_EMAIL_SENT").exists()


def test_a_confirmation_that_leaves_after_the_parcel_does_not_speak_of_held_money(api: Api, staff: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    staff.call("fulfillOrder", "order { id }", orderId=gid(the_order()))
    drain()
    assert set(subjects()) == {f"Your order {the_order().number}{end}" for end in ("", " is on its way")}
    assert not any("held" in str(message.body) for message in mail.outbox)
