"""An access token is believed only if every part of it is right, its session lives and its person is active."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from domains.accounts import services
from domains.accounts.jwt import CLOCK_LEEWAY_SECONDS, REQUIRED, AccessClaims, claims, read_access_token
from domains.accounts.models import Session, User
from domains.accounts.services import demote_staff
from domains.accounts.tokens import viewer_of
from domains.common.viewer import Viewer
from tests.api import Api, sign_in
from tests.factories import PASSWORD, SessionFactory, UserFactory

pytestmark = pytest.mark.django_db

ME = "{ me { email } }"
INVALID = "The access token is not valid or has expired; refresh it or sign in"
ENDED = "The session has ended; sign in again"
CREATE = 'mutation { createCategory(input: {name: "x"}) { __typename } }'
TOLERATED, TOO_MUCH = (timedelta(seconds=CLOCK_LEEWAY_SECONDS + seconds) for seconds in (-5, 5))
OTHER_KEY = "another-key-" + "0123456789abcdef" * 4


def token(
    user: User, *, drop: str = "", key: str | None = None, algorithm: str = "HS256", header: Any = None, **changes: Any
) -> str:
    """An access token of a living session, with these changes."""
    session = SessionFactory.create(user=user)
    now = timezone.now()
    moved = {claim: now + value if isinstance(value, timedelta) else value for claim, value in changes.items()}
    payload = {**claims(AccessClaims(user.id, session.id, user.token_version)), **moved}
    payload.pop(drop, None)
    key = settings.JWT_KEYS["test"] if key is None else key
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": "test", "typ": "at+jwt", **(header or {})})


def refused_as(token: str) -> str:
    """The message with which the whole request is refused."""
    answer = Api(token=token).post(ME)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer
    message: str = answer["errors"][0]["message"]
    return message


def test_a_token_as_it_should_be_is_believed(customer: User) -> None:
    assert Api(token=token(customer)).data(ME) == {"me": {"email": customer.email}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": -TOO_MUCH},
        {"nbf": TOO_MUCH},
        {"iat": TOO_MUCH},
        {"aud": "another-api"},
        {"iss": "somebody-else"},
        {"sub": "nobody"},
        {"ver": "latest"},
        {"key": OTHER_KEY},
        {"key": "", "algorithm": "none"},
        {"algorithm": "HS384"},
        {"header": {"kid": "other"}},
        {"header": {"typ": "JWT"}},
        *({"drop": claim} for claim in REQUIRED),
    ],
    ids=str,
)
def test_a_token_with_anything_wrong_is_refused_with_one_message(customer: User, wrong: dict[str, Any]) -> None:
    assert refused_as(token(customer, **wrong)) == INVALID


@pytest.mark.parametrize("off", [{"exp": -TOLERATED}, {"nbf": TOLERATED, "iat": TOLERATED}], ids=str)
def test_a_token_is_good_where_the_clock_is_some_seconds_off(customer: User, off: dict[str, Any]) -> None:
    assert Api(token=token(customer, **off)).data(ME)["me"]


def test_a_token_with_another_persons_payload_is_refused(customer: User, staff_member: User) -> None:
    head, _, signature = sign_in(customer).access_token.split(".")
    payload = sign_in(staff_member).access_token.split(".")[1]
    assert refused_as(f"{head}.{payload}.{signature}") == INVALID


@pytest.mark.parametrize("text", ["x", "a.b.c", "...", "null", "x" * 5000])
def test_what_is_no_token_is_refused_with_the_same_message(nobody: Api, text: str) -> None:
    assert refused_as(text) == INVALID


def test_a_token_without_a_key_id_is_refused(customer: User) -> None:
    payload = claims(AccessClaims(customer.id, SessionFactory.create(user=customer).id, 0))
    assert refused_as(jwt.encode(payload, settings.JWT_KEYS["test"], headers={"typ": "at+jwt"})) == INVALID


def test_a_token_holds_ids_and_times_and_nothing_personal(customer: User) -> None:
    part = sign_in(customer).access_token.split(".")[1]
    payload = urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    assert customer.email not in payload
    assert customer.name not in payload
    assert set(jwt.decode(token(customer), options={"verify_signature": False})) == set(REQUIRED)


def test_a_key_that_was_rotated_out_of_use_still_verifies_until_it_is_removed(
    customer: User, settings: Settings
) -> None:
    old = token(customer)
    settings.JWT_KEYS = {"new": OTHER_KEY, **settings.JWT_KEYS}
    settings.JWT_ACTIVE_KID = "new"
    new = sign_in(customer).access_token
    assert jwt.get_unverified_header(new)["kid"] == "new"
    for good in (old, new):
        assert Api(token=good).data(ME)["me"]
    settings.JWT_KEYS = {"new": OTHER_KEY}
    assert refused_as(old) == INVALID
    assert Api(token=new).data(ME)["me"]


ENDS: dict[str, Callable[[Viewer], object]] = {
    "the account is closed": lambda viewer: services.deactivate_account(viewer=viewer, current_password=PASSWORD),
    "the version is raised": lambda viewer: services.logout_everywhere(viewer=viewer),
    "the session is revoked": lambda viewer: services.logout(viewer=viewer),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ENDS)
def test_a_token_ends_at_once_when(customer: User, end: str) -> None:
    access, other = token(customer), token(UserFactory.create())
    ENDS[end](viewer_of(access))
    assert refused_as(access) == ENDED
    assert Api(token=other).data(ME)["me"]


@pytest.mark.parametrize("late", [{"revoked_at": Now()}, {"expires_at": Now()}], ids=lambda late: next(iter(late)))
def test_a_token_ends_with_its_session(customer: User, late: dict[str, Any]) -> None:
    access = token(customer)
    Session.objects.update(**late)
    assert refused_as(access) == ENDED


@pytest.mark.parametrize("change", [{"is_active": False}, {"token_version": 1}], ids=str)
def test_a_token_ends_with_a_change_of_its_person_whoever_makes_it(customer: User, change: dict[str, Any]) -> None:
    access = token(customer)
    User.objects.filter(id=customer.id).update(**change)
    assert refused_as(access) == ENDED


def test_a_token_for_another_persons_session_is_refused(customer: User, staff_member: User) -> None:
    theirs = SessionFactory.create(user=staff_member)
    assert refused_as(token(customer, sid=str(theirs.id))) == ENDED


@pytest.mark.django_db(transaction=True)
def test_a_token_is_no_longer_one_of_staff_when_the_rights_are_taken(staff_member: User) -> None:
    """Demoting also ends the session; so the next token shows it."""
    access = token(staff_member)
    demote_staff(email=staff_member.email)
    assert refused_as(access) == ENDED
    again = token(User.objects.get(id=staff_member.id))
    assert Api(token=again).code(CREATE) == "FORBIDDEN"


def test_rights_that_somebody_takes_in_the_database_are_gone_at_once(staff_member: User) -> None:
    access = token(staff_member)
    assert viewer_of(access).is_staff
    User.objects.filter(id=staff_member.id).update(is_staff=False)
    assert Api(token=access).code(CREATE) == "FORBIDDEN"


def test_who_a_token_belongs_to_takes_one_statement(
    customer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    access = token(customer)
    with django_assert_num_queries(1):
        assert viewer_of(access).user_id == customer.id


def test_a_token_is_verified_once_and_still_ends_with_its_time_and_its_key(
    customer: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, other = token(customer), token(customer, exp=timedelta(seconds=60))
    for good in (access, other):
        assert read_access_token(good).user_id == customer.id

    def refuse(*_: object, **__: object) -> None:
        raise jwt.InvalidTokenError

    monkeypatch.setattr(jwt, "decode", refuse)
    assert read_access_token(access).user_id == customer.id
    minutes_later = time.time() + 60 + CLOCK_LEEWAY_SECONDS
    monkeypatch.setattr("time.time", lambda: minutes_later)
    assert read_access_token(access).user_id == customer.id
    assert refused_as(other) == INVALID
    settings.JWT_KEYS = {**settings.JWT_KEYS, "test": OTHER_KEY}
    assert refused_as(access) == INVALID
