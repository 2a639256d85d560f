"""Minor units, as we and as Stripe count them."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from domains.payments.currencies import too_small
from domains.payments.gateway import Declined
from domains.payments.stripe.amounts import from_stripe, to_stripe


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [
        (2_990, "GBP", 2_990),
        (500, "JPY", 500),
        (500, "ISK", 50_000),
        (500, "UGX", 50_000),
        (5_000, "MGA", 50),
        (12_340, "KWD", 12_340),
    ],
)
def test_an_amount_survives_the_way_there_and_back(amount: int, currency: str, theirs: int) -> None:
    assert to_stripe(amount, currency) == theirs
    assert from_stripe(theirs, currency.lower()) == amount


@pytest.mark.parametrize(("amount", "currency"), [(12_345, "KWD"), (5_050, "MGA")])
def test_an_amount_that_stripe_cannot_express_is_refused_not_rounded(amount: int, currency: str) -> None:
    with pytest.raises(Declined):
        to_stripe(amount, currency)


@pytest.mark.parametrize(
    ("gateway", "amount", "said"),
    [
        ("stripe", 29, "An order must come to at least 0.30 GBP: no less can be charged"),
        ("stripe", 30, ""),
        ("sandbox", 1, ""),
        ("sandbox", 0, "An order must cost something"),
    ],
)
def test_less_than_the_provider_charges_is_told(settings: Settings, gateway: str, amount: int, said: str) -> None:
    settings.PAYMENT_GATEWAY = gateway
    assert too_small(amount, "GBP") == said
