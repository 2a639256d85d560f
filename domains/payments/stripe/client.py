"""Stripe's SDK with an end to each call of the port, however many requests it takes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import stripe
from django.conf import settings

from domains.payments.gateway import GatewayUnavailable

CONNECT_SHARE = 0.25  # of the time-out; the rest is for the answer

_no_request_after: ContextVar[float | None] = ContextVar("no_request_after", default=None)


class PunctualClient(stripe.RequestsClient):
    """Refuses to begin a request when the time of its call is over."""

    def request(  # type: ignore[override]  # as that of the SDK's own client
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        end = _no_request_after.get()
        if end is not None and time.monotonic() > end:
            raise GatewayUnavailable
        return super().request(method, url, headers, post_data)


@contextmanager
def punctual() -> Iterator[None]:
    """Let no request begin later than PAYMENT_GATEWAY_TIMEOUT seconds from now, or than the call around may."""
    outer = _no_request_after.get()
    end = _no_request_after.set(outer or time.monotonic() + settings.PAYMENT_GATEWAY_TIMEOUT)
    try:
        yield
    finally:
        _no_request_after.reset(end)


def client() -> stripe.StripeClient:
    """One for all threads. It repeats nothing: after an answer that got lost our callers ask about the intent.

    A request has PAYMENT_GATEWAY_TIMEOUT seconds: to connect, then until each part of its answer, which is small.
    """
    seconds = settings.PAYMENT_GATEWAY_TIMEOUT
    base_address: str = settings.STRIPE_API_BASE or stripe.DEFAULT_API_BASE
    return stripe.StripeClient(
        settings.STRIPE_API_KEY,
        base_addresses={"api": base_address},
        max_network_retries=0,
        http_client=PunctualClient(timeout=(seconds * CONNECT_SHARE, seconds * (1 - CONNECT_SHARE))),
    )
