"""Minor units, as we and as Stripe count them."""

from __future__ import annotations

import pytest

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
