"""A Stripe to test against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from domains.payments.stripe.gateway import StripeGateway
from tests.localstripe import KEY, localstripe
from tests.promises.stripe_proxy import StripeProxy, stripe_proxy


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """localstripe's address, without the proxy."""
    with localstripe() as address:
        yield address


@pytest.fixture
def provider(upstream: str) -> Iterator[StripeProxy]:
    with stripe_proxy(upstream) as proxy:
        yield proxy


@pytest.fixture
def gateway(provider: StripeProxy, settings: Settings) -> StripeGateway:
    """Ours, speaking to the proxy."""
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = KEY, provider.address
    settings.PAYMENT_GATEWAY_TIMEOUT = provider.plan.patience
    return StripeGateway()
