"""Secrets are replaced in three deployments, of which two neighbours run side by side: nothing of anybody's is lost."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from domains.accounts import services
from domains.accounts.links import EMAIL_VERIFICATION, bearer, link
from domains.accounts.models import User
from domains.common.errors import RateLimitedError
from domains.common.guard.throttling import Budget, spend
from tests.api import Api, sign_in
from tests.domains.orders.shop import DATABASES, buy
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

OLD, NEW = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ", "zyxwvutsrqponmlkjihgfedcba9876543210-ZYXWVUTSRQ"
OLD_JWT, NEW_JWT = f"{OLD}-jwt", f"{NEW}-jwt"


def deployment(secret: str, *fallbacks: str, jwt: dict[str, str], kid: str) -> dict[str, Any]:
    return {
        "SECRET_KEY": secret,
        "SECRET_KEY_FALLBACKS": list(fallbacks),
        "JWT_KEYS": jwt,
        "JWT_ACTIVE_KID": kid,
    }


BOTH = {"old": OLD_JWT, "new": NEW_JWT}
DEPLOYMENTS = {
    "before": deployment(OLD, jwt={"old": OLD_JWT}, kid="old"),
    "known": deployment(OLD, NEW, jwt=BOTH, kid="old"),
    "used": deployment(NEW, OLD, jwt=BOTH, kid="new"),
    "after": deployment(NEW, jwt={"new": NEW_JWT}, kid="new"),
}
NEIGHBOURS = [("before", "known"), ("known", "used"), ("used", "after")]
PAGE = "query ($after: String) { products(first: 1, after: $after) { pageInfo { endCursor } } }"


@pytest.fixture(params=[pair[::step] for pair in NEIGHBOURS for step in (1, -1)], ids="-to-".join)
def sides(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Who makes something, and who is shown it: the later of two neighbours, or the earlier."""
    sides: tuple[str, str] = request.param
    return sides


class Servers:
    """This process, as one of a deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def be(self, name: str) -> None:
        for setting, value in DEPLOYMENTS[name].items():
            setattr(self._settings, setting, value)


@pytest.fixture
def servers(settings: Settings) -> Servers:
    return Servers(settings)


def test_nobody_is_signed_out_and_no_cursor_or_link_dies(servers: Servers, sides: tuple[str, str]) -> None:
    maker, taker = sides
    servers.be(maker)
    ProductFactory.create_batch(2)
    user = UserFactory.create()
    tokens, token = sign_in(user), link(EMAIL_VERIFICATION, user).partition("#token=")[2]
    cursor = Api().data(PAGE)["products"]["pageInfo"]["endCursor"]
    servers.be(taker)
    assert Api(token=tokens.access_token).data("{ me { email } }") == {"me": {"email": user.email}}
    assert Api().data(PAGE, {"after": cursor})["products"]["pageInfo"]["endCursor"]
    assert bearer(EMAIL_VERIFICATION, token) == user
    successor = services.refresh(refresh_token=tokens.refresh_token)
    servers.be(maker)
    rival = services.refresh(refresh_token=tokens.refresh_token)  # a second tab, whose request went elsewhere
    for each in (successor, rival):
        assert services.refresh(refresh_token=each.refresh_token).access_token


def test_what_is_throttled_counts_on_both_sides(servers: Servers, sides: tuple[str, str]) -> None:
    budget = Budget("test", uuid4().hex, most=3)
    for name in (*sides, sides[0]):
        servers.be(name)
        spend(budget)
    for name in sides:
        servers.be(name)
        with pytest.raises(RateLimitedError):
            spend(budget)


def test_declines_of_an_address_count_on_both_sides(
    servers: Servers, sides: tuple[str, str], settings: Settings
) -> None:
    settings.DECLINES_PER_HOUR = 1  # of an account, and ten of an address
    product = ProductFactory.create(stock=100)
    for number, person in enumerate(UserFactory.create_batch(10)):
        servers.be(sides[number % 2])
        assert buy(Api(person), [(product, 1)], "pm_card_chargeDeclined")["__typename"] == "PaymentDeclinedError"
    for name in sides:
        servers.be(name)
        assert buy(Api(UserFactory.create()), [(product, 1)])["__typename"] == "RateLimitedError"


def test_a_secret_that_was_taken_away_is_worth_nothing(servers: Servers, customer: User) -> None:
    servers.be("before")
    access = sign_in(customer).access_token
    ProductFactory.create_batch(2)
    cursor = Api().data(PAGE)["products"]["pageInfo"]["endCursor"]
    servers.be("after")
    assert Api(token=access).code("{ me { email } }") == "UNAUTHENTICATED"
    assert Api().code(PAGE, {"after": cursor}) == "INVALID_CURSOR"
