"""The port to a payment provider. Implementations: `sandbox/gateway.py`, `stripe/gateway.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.db.models import TextChoices
from django.utils.module_loading import import_string

from domains.common.data.transactions import assert_no_transaction
from domains.common.guard.breaker import CircuitBreaker
from domains.common.measuring.instruments import histogram

GATEWAYS = {
    "sandbox": "domains.payments.sandbox.gateway.SandboxGateway",
    "stripe": "domains.payments.stripe.gateway.StripeGateway",
}
FAILURES = 5  # calls in a row without an answer, until the provider is left alone
PAUSE_SECONDS = 5.0  # by all but one caller; short beside the 30 s in which an order is decided
_seconds = histogram(
    *("provider_seconds", "Seconds that a call to the payment provider took.", "call", "outcome"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class IntentStatus(StrEnum):
    """Where an intent stands at the provider; the names are Stripe's."""

    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class RefundStatus(TextChoices):
    """Where a refund stands, here and at the provider."""

    PENDING = "PENDING", "The provider has accepted it and has not given the money back yet."
    SUCCEEDED = "SUCCEEDED", "The money was given back."
    FAILED = "FAILED", "Nothing was given back, though it may have looked so before: it can be refunded once more."


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund at the provider; `operation_id` is ours, kept in its metadata."""

    id: str
    operation_id: str
    amount: int
    status: RefundStatus = RefundStatus.SUCCEEDED


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """The cardholder's bank wants money back; `status` and `reason` are the provider's own words."""

    id: str
    amount: int
    status: str
    reason: str
    evidence_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """The provider's word on one payment; amounts in minor units. `disputes` are told by `retrieve` alone."""

    id: str
    status: IntentStatus
    client_secret: str = ""
    decline_code: str = ""
    captured: int = 0
    refunds: tuple[ProviderRefund, ...] = ()
    disputes: tuple[ProviderDispute, ...] = ()

    @property
    def given_back(self) -> int:
        """What its refunds have given back, or will."""
        return sum(refund.amount for refund in self.refunds if refund.status != RefundStatus.FAILED)

    def refund_of(self, operation_id: UUID | str) -> ProviderRefund | None:
        """The refund that an operation of ours made."""
        return next((refund for refund in self.refunds if refund.operation_id == str(operation_id)), None)


class Declined(Exception):
    """The provider refuses for good, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class GatewayUnavailable(Exception):
    """No answer in time, or none that can be understood: the outcome is unknown."""


class Gateway(Protocol):
    """What we need of a provider, or GatewayUnavailable.

    A call begins nothing later than PAYMENT_GATEWAY_TIMEOUT after its start, and what it has begun takes no longer than
    that again: it ends within twice that time.
    """

    def create(self, *, key: str, amount: int, currency: str, method: str, reference: str) -> Intent:
        """An unconfirmed intent over `amount` minor units; the same key gives the same intent. May raise Declined.

        `reference` is what people find the purchase by, in the provider's books and in ours.
        """

    def confirm(self, intent_id: str, *, key: str, return_url: str) -> Intent:
        """Try to hold the money. A bank that asks the customer on a page of its own sends them to `return_url` then."""

    def retrieve(self, intent_id: str) -> Intent:
        """Where the intent stands now."""

    def cancel(self, intent_id: str) -> Intent:
        """End the intent and release its hold; afterwards it can never be confirmed.

        Raises Declined when money was captured: that is given back by a refund.
        """

    def capture(self, intent_id: str, *, amount: int, key: str) -> Intent:
        """Charge `amount` of the hold, once for an intent. Raises Declined when there is no hold any more."""

    def refund(self, intent_id: str, *, amount: int, operation_id: str, key: str) -> Intent:
        """Give back `amount` of what was captured. Raises Declined when less than that is left."""


class Watched:
    """A gateway behind a circuit breaker: one that has stopped answering is GatewayUnavailable at once."""

    def __init__(self, inner: Gateway) -> None:
        self._inner = inner
        self._breaker = CircuitBreaker("payment provider", GatewayUnavailable, failures=FAILURES, pause=PAUSE_SECONDS)

    def __getattr__(self, name: str) -> Callable[..., Intent]:
        call: Callable[..., Intent] = getattr(self._inner, name)

        def asked(*args: Any, **kwargs: Any) -> Intent:
            with self._breaker.call(Declined), _measured(name):
                return call(*args, **kwargs)

        return asked


@contextmanager
def _measured(call: str) -> Iterator[None]:
    began, outcome = time.monotonic(), "failed"
    try:
        yield
        outcome = "answered"
    except Declined:
        outcome = "declined"
        raise
    except GatewayUnavailable:
        outcome = "silent"
        raise
    finally:
        _seconds.observe(time.monotonic() - began, call, outcome)


def gateway(provider: str = "") -> Gateway:
    """The provider that made a payment, else the one that PAYMENT_GATEWAY names, for the calls that follow.

    Never inside a transaction (RuntimeError).
    """
    assert_no_transaction()
    return _made(provider or settings.PAYMENT_GATEWAY)


@cache
def _made(name: str) -> Gateway:
    watched: Any = Watched(import_string(GATEWAYS[name])())
    return cast("Gateway", watched)
