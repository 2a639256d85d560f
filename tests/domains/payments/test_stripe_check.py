"""`manage.py stripe_check`, as far as somebody else's stand-in for Stripe goes."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from domains.payments.stripe import checking
from domains.payments.stripe.gateway import StripeGateway
from tests.localstripe import ASKING_CARD, DECLINED_CARD, add_card
from tests.promises.stripe_proxy import StripeProxy

UNKNOWN_TO_LOCALSTRIPE = {  # test cards, least amounts, and who listens
    checking.refuses_small_amounts,
    checking.refunds_later,
    checking.refunds_fail,
    checking.disputes,
    checking.lists_events,
    checking.calls_back,
}


@pytest.mark.django_db
def test_each_step_is_walked_and_a_surprise_is_told(
    gateway: StripeGateway, provider: StripeProxy, upstream: str, settings: Settings
) -> None:
    cards = {"pm_card_authenticationRequired": ASKING_CARD, "pm_card_visa_chargeDeclined": DECLINED_CARD}
    provider.methods = {name: add_card(upstream, card) for name, card in cards.items()}
    out = io.StringIO()
    with pytest.raises(CommandError, match=f"{len(UNKNOWN_TO_LOCALSTRIPE)} of {len(checking.STEPS)} steps failed"):
        call_command("stripe_check", "--patience=0", stdout=out)
    passed = {step for step in checking.STEPS if f"passed: {step.__doc__}\n" in out.getvalue()}
    assert set(checking.STEPS) - passed == UNKNOWN_TO_LOCALSTRIPE, out.getvalue()


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "", "whsec_1"])
def test_only_a_test_account_is_spoken_to(settings: Settings, key: str) -> None:
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = key, "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="nothing was done"):
        call_command("stripe_check")
