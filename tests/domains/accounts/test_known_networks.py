"""Where an owner has proven who they are, what others guess elsewhere keeps them out no more."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from domains.accounts import handlers, links
from domains.accounts.models import KnownNetwork, User
from domains.accounts.throttling import is_known
from domains.common.guard.addresses import network
from tests.api import Api
from tests.domains.accounts.strangers import enter, guess, new_address, new_email, sign_in

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a kettle of quiet fish"


def guess_from_everywhere(person: User) -> None:
    """Until the e-mail is throttled wherever its owner is not known."""
    for _ in range(2):
        guess(person, address=new_address(), times=5)


def statements_of_a_guess(person: User, address: str) -> list[str]:
    """What a refused guess asks the database, without the values."""
    with CaptureQueriesContext(connection) as queries:
        assert guess(person, address=address) == "RateLimitedError"
    return [re.sub(r"'.*?'", "?", query["sql"]) for query in queries]


def test_nobody_locks_an_owner_out_of_where_they_have_signed_in_before(owner: User, here: str) -> None:
    assert enter(owner, address=here) == "LoginSuccess"
    guess_from_everywhere(owner)
    assert enter(owner, address=new_address()) == "RateLimitedError"
    assert enter(owner, address=here.replace("::1", "::2")) == "LoginSuccess"
    assert guess(owner, address=here, times=6) == "RateLimitedError"


def test_a_new_password_by_mail_lets_an_owner_in_at_a_new_address(owner: User, here: str) -> None:
    guess_from_everywhere(owner)
    assert enter(owner, address=here) == "RateLimitedError"
    token = links.link(links.PASSWORD_RESET, owner).partition("=")[2]
    Api(address=here).call("resetPassword", "user { id }", token=token, newPassword=NEW_PASSWORD)
    assert sign_in(owner.email, NEW_PASSWORD, address=here)["__typename"] == "LoginSuccess"
    assert guess(owner, address=new_address()) == "RateLimitedError"


def test_a_link_that_proves_an_email_lets_its_owner_in_at_a_new_address(owner: User, here: str) -> None:
    guess_from_everywhere(owner)
    token = links.link(links.EMAIL_VERIFICATION, owner).partition("=")[2]
    Api(address=here).call("verifyEmail", "user { id }", token=token)
    assert enter(owner, address=here) == "LoginSuccess"


def test_a_closed_account_is_known_nowhere(owner: User, here: str) -> None:
    assert enter(owner, address=here) == "LoginSuccess"
    User.objects.filter(id=owner.id).update(is_active=False)
    guess_from_everywhere(owner)
    assert guess(owner, address=here) == "RateLimitedError"


def test_an_owner_is_known_for_thirty_days(owner: User, here: str) -> None:
    enter(owner, address=here)
    KnownNetwork.objects.update(seen_at=timezone.now() - timedelta(days=29))
    handlers.purge()
    assert is_known(owner.email, network(here))
    KnownNetwork.objects.update(seen_at=timezone.now() - timedelta(days=30, minutes=1))
    assert not is_known(owner.email, network(here))
    handlers.purge()
    assert not KnownNetwork.objects.exists()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "everywhere"])
def test_a_throttled_guess_asks_the_same_of_the_database_whether_or_not_the_account_exists(
    owner: User, here: str, elsewhere: bool
) -> None:
    for _ in range(3):
        enter(owner, address=new_address())
    asked = []
    for person in (owner, User(email=new_email())):
        guess_from_everywhere(person) if elsewhere else guess(person, address=here, times=5)
        asked.append(statements_of_a_guess(person, here))
    assert asked[0] == asked[1]
