"""Stripe's errors in the port's words: refused for good, or not known."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from domains.payments.gateway import Declined, GatewayUnavailable

logger = logging.getLogger(__name__)


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
