"""Stripe's SDK with an end to each call of the port, however many requests it takes, and its errors in our words."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import stripe
from django.conf import settings

from domains.payments.gateway import Declined, GatewayUnavailable

logger = logging.getLogger(__name__)

CONNECT_SHARE = 0.25  # of the time-out; the rest is for the answer

_no_request_after: ContextVar[float | None] = ContextVar("no_request_after", default=None)


class PunctualClient(stripe.RequestsClient):
    """Refuses to begin a request when the time of its call is over, and repeats one that met a dead connection."""

    def request(  # type: ignore[override]  # as that of the SDK's own client
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            return self._request(method, url, headers, post_data)
        except stripe.APIConnectionError as error:
            if not _was_cut(error):
                raise
        # Once more over a new connection, with the same headers and so with the same idempotency key.
        return self._request(method, url, headers, post_data)

    def _request(self, *request: Any) -> tuple[bytes, int, Mapping[str, str]]:
        end = _no_request_after.get()
        if end is not None and time.monotonic() > end:
            raise GatewayUnavailable
        return super().request(*request)


def _was_cut(error: BaseException | None) -> bool:
    """Whether the connection was closed on us: those that are idle for minutes are forgotten by gateways on the way."""
    while error is not None and not isinstance(error, (ConnectionResetError, BrokenPipeError)):
        error = error.__cause__ or error.__context__
    return error is not None


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


@contextmanager
def translated() -> Iterator[None]:
    """Raise Declined for what Stripe refused for good, GatewayUnavailable for everything else it did not do or say.

    The original is not chained: its text may quote a part of the API key and what a customer typed.
    """
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        _log(error)
        raise Declined(_refusal_code(error)) from None
    except stripe.StripeError as error:
        # Also 401 and 403: orders wait until the key is put right.
        _log(error)
        raise GatewayUnavailable from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # fields or states that we do not know
        logger.error("stripe's answer cannot be understood", extra={"error": type(error).__name__})
        raise GatewayUnavailable from None


def is_replayed_failure(error: stripe.StripeError) -> bool:
    """Whether a failure of Stripe's own was stored under the idempotency key: it would come back for a day."""
    return (error.http_status or 0) >= 500 and (error.headers or {}).get("Idempotent-Replayed") == "true"


def _refusal_code(error: stripe.StripeError) -> str:
    """The most telling of Stripe's codes."""
    unknown = "resource_missing" if error.http_status == 404 else "invalid_request"
    return getattr(error.error, "decline_code", None) or error.code or unknown


def _log(error: stripe.StripeError) -> None:
    logger.warning(
        "stripe refused or failed",
        extra={
            "error": type(error).__name__,
            "status": error.http_status,
            "code": error.code,
            "stripe_request_id": error.request_id,
        },
    )
