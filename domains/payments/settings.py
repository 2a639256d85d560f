"""Which payment provider takes the money, and how it is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domains.common.environment import env

# The sandbox provider keeps its own connection, as a provider elsewhere would.
DATABASES = {"sandbox": {"TEST": {"MIRROR": "default"}}}
LOGGING = {"loggers": {"stripe": {"level": "WARNING"}}}  # below that it quotes requests and answers

MONEY_STEP = "domains.payments.currencies.step"
PAYMENT_GATEWAY: str = env.str("PAYMENT_GATEWAY", default="") or "sandbox"
PAYMENT_GATEWAY_TIMEOUT: float = env.float("PAYMENT_GATEWAY_TIMEOUT", default=5.0)  # seconds
DECLINES_PER_HOUR: int = env.limit("DECLINES_PER_HOUR", default=10)  # of an account; ten times that of an address
WEBHOOK_RETENTION_DAYS: int = env.limit(
    "WEBHOOK_RETENTION_DAYS", default=30, least=3
)  # Stripe repeats itself for three
STRIPE_API_KEY: str = env.str("STRIPE_API_KEY", default="")
STRIPE_API_BASE: str = env.str("STRIPE_API_BASE", default="")  # empty: Stripe's own
# Each one is accepted.
STRIPE_WEBHOOK_SECRET: list[str] = [secret.strip() for secret in env.list("STRIPE_WEBHOOK_SECRET", default=[])]


def problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Why these settings are not fit for production."""
    from domains.payments.currencies import is_charged  # not above: settings are read before anything else
    from domains.payments.gateway import GATEWAYS

    gateway, currency = settings["PAYMENT_GATEWAY"], settings["STORE_CURRENCY"]
    if env.str("PAYMENT_GATEWAY", default="") not in GATEWAYS:
        yield f"PAYMENT_GATEWAY must be one of {', '.join(GATEWAYS)}; the sandbox moves no money"
    if not is_charged(currency, gateway):
        yield f"STORE_CURRENCY is {currency}, which {gateway} does not charge"
    if gateway == "stripe" and not (settings["STRIPE_API_KEY"] and any(settings["STRIPE_WEBHOOK_SECRET"])):
        yield "PAYMENT_GATEWAY is stripe, which needs STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET"
