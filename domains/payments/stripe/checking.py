"""What only a real Stripe can show, and our stand-ins take for granted: one function a promise, said by its docstring.

`manage.py stripe_check` walks them on a test account.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings

from domains.payments.gateway import Declined, Intent, IntentStatus, RefundStatus
from domains.payments.models import WebhookEvent
from domains.payments.stripe.client import client, translated
from domains.payments.stripe.fetching import TYPES
from domains.payments.stripe.gateway import StripeGateway

AMOUNT, LESS = 100_000, 60_000  # minor units: above the least of each currency, and a multiple of each step
POLL_SECONDS = 2.0

Status = IntentStatus


class Wrong(Exception):
    """Stripe did something else than we take it to do."""


class Account:
    """A Stripe test account, spoken to as by the shop. `patience` in seconds: how long to wait for what comes later."""

    def __init__(self, patience: float) -> None:
        self.gateway, self.reference, self._patience = StripeGateway(), f"check {uuid4()}", patience

    def created(self, method: str, amount: int = AMOUNT) -> Intent:
        """An intent that is not confirmed."""
        wanted = {"amount": amount, "currency": settings.STORE_CURRENCY, "method": method}
        return self.gateway.create(key=f"{uuid4()}:create", reference=self.reference, **wanted)

    def confirmed(self, method: str) -> Intent:
        """An intent whose payment method was tried."""
        page = f"{settings.FRONTEND_URL}/orders/{self.reference.split()[-1]}"
        return self.gateway.confirm(self.created(method).id, key=f"{uuid4()}:confirm", return_url=page)

    def captured(self, method: str, amount: int = AMOUNT) -> Intent:
        """An intent of which `amount` was charged."""
        return self.gateway.capture(self.confirmed(method).id, amount=amount, key=f"{uuid4()}:capture")

    def refund(self, intent: Intent, amount: int, operation_id: str = "") -> Intent:
        """Give back; the same operation gives back once."""
        operation_id = operation_id or str(uuid4())
        return self.gateway.refund(intent.id, amount=amount, operation_id=operation_id, key=f"{operation_id}:refund")

    def wait(self, is_so: Callable[[], object], what: str) -> None:
        """Until it is so. Raises Wrong when it was not in time."""
        end = time.monotonic() + self._patience
        while not is_so():
            if time.monotonic() >= end:
                raise Wrong(f"within {self._patience:g} s not {what}")
            time.sleep(min(POLL_SECONDS, self._patience))


def expect(found: object, wanted: object) -> None:
    """Raises Wrong when they differ."""
    if found != wanted:
        raise Wrong(f"{found!r} instead of {wanted!r}")


def refused(call: Callable[[], object], code: str = "") -> None:
    """Raises Wrong unless Stripe refuses it for good, with this code when one is given."""
    try:
        call()
    except Declined as refusal:
        expect(refusal.code, code or refusal.code)
    else:
        raise Wrong("not refused")


def holds(account: Account) -> None:
    """a card is held, under the order's number"""
    intent = account.confirmed("pm_card_visa")
    expect(intent.status, Status.REQUIRES_CAPTURE)
    with translated():
        there = client().v1.payment_intents.retrieve(intent.id)
    expect((there.description, there.metadata["reference"]), (f"Order {account.reference}", account.reference))


def repeats(account: Account) -> None:
    """the same idempotency key makes one intent"""
    wanted = {"amount": AMOUNT, "currency": settings.STORE_CURRENCY, "method": "pm_card_visa", "reference": "check"}
    key = f"{uuid4()}:create"
    expect(account.gateway.create(key=key, **wanted).id, account.gateway.create(key=key, **wanted).id)


def declines(account: Account) -> None:
    """a declined card is told with the bank's code"""
    intent = account.confirmed("pm_card_visa_chargeDeclined")
    expect((intent.status, bool(intent.decline_code)), (Status.REQUIRES_PAYMENT_METHOD, True))


def refuses_unknown_methods(account: Account) -> None:
    """an unknown payment method is refused"""
    refused(lambda: account.created("pm_nobody_knows"), "invalid_payment_method")


def refuses_small_amounts(account: Account) -> None:
    """an amount that is too small is refused with its own code"""
    refused(lambda: account.created("pm_card_visa", 10), "amount_too_small")


def asks_the_cardholder(account: Account) -> None:
    """3-D Secure waits for the cardholder, and ends when the intent is cancelled"""
    intent = account.confirmed("pm_card_authenticationRequired")
    expect((intent.status, bool(intent.client_secret)), (Status.REQUIRES_ACTION, True))
    expect(account.gateway.cancel(intent.id).status, Status.CANCELED)


def releases(account: Account) -> None:
    """a hold is released, and cannot be captured after that"""
    intent = account.confirmed("pm_card_visa")
    expect(account.gateway.cancel(intent.id).status, Status.CANCELED)
    refused(lambda: account.gateway.capture(intent.id, amount=AMOUNT, key=f"{uuid4()}:capture"))


def captures_less(account: Account) -> None:
    """less than the hold is captured, and not released after that"""
    intent = account.captured("pm_card_visa", LESS)
    expect((intent.status, intent.captured, intent.refunds), (Status.SUCCEEDED, LESS, ()))
    refused(lambda: account.gateway.cancel(intent.id))


def refunds(account: Account) -> None:
    """a part is refunded once, and no more than was captured"""
    intent, operation_id = account.captured("pm_card_visa"), str(uuid4())
    for _ in range(2):
        expect(account.refund(intent, LESS, operation_id).given_back, LESS)
    refused(lambda: account.refund(intent, LESS))
    expect([refund.status for refund in account.gateway.retrieve(intent.id).refunds], [RefundStatus.SUCCEEDED])


def refunds_later(account: Account) -> None:
    """a refund is pending, and succeeds later"""
    _refund_ends(account, "pm_card_pendingRefund", RefundStatus.PENDING, RefundStatus.SUCCEEDED)


def refunds_fail(account: Account) -> None:
    """a refund looks made, and fails later"""
    _refund_ends(account, "pm_card_refundFail", RefundStatus.SUCCEEDED, RefundStatus.FAILED)


def _refund_ends(account: Account, method: str, first: RefundStatus, last: RefundStatus) -> None:
    intent = account.captured(method)
    expect([refund.status for refund in account.refund(intent, AMOUNT).refunds], [first])
    account.wait(lambda: [one.status for one in account.gateway.retrieve(intent.id).refunds] == [last], what=last)


def disputes(account: Account) -> None:
    """a dispute is found by its intent, and its money is not refunded"""
    intent = account.captured("pm_card_createDispute")
    account.wait(lambda: account.gateway.retrieve(intent.id).disputes, what="disputed")
    refused(lambda: account.refund(intent, AMOUNT))


def lists_events(account: Account) -> None:
    """what happened is listed as events, as the hourly fetch asks for them"""
    intent = account.captured("pm_card_visa")

    def named() -> bool:
        with translated():
            page = client().v1.events.list({"types": TYPES, "limit": 100})
            return any(event.data.object.get("id") == intent.id for event in page.data)

    account.wait(named, what="listed")
    with translated():
        client().v1.events.list({"delivery_success": False, "types": TYPES, "limit": 100})


def calls_back(account: Account) -> None:
    """webhooks arrive at /webhooks/stripe of the shop that has this database, signed with one of our secrets"""
    intent = account.captured("pm_card_visa")
    account.wait(WebhookEvent.objects.filter(intent_id=intent.id).exists, what="told by a webhook")


STEPS: tuple[Callable[[Account], None], ...] = (
    holds,
    repeats,
    declines,
    refuses_unknown_methods,
    refuses_small_amounts,
    asks_the_cardholder,
    releases,
    captures_less,
    refunds,
    refunds_later,
    refunds_fail,
    disputes,
    lists_events,
    calls_back,
)
