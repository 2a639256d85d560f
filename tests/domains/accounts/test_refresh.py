"""Refresh tokens rotate; a copy that is used later ends the session."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from domains.accounts.models import RefreshToken, Session, User
from domains.accounts.tokens import GRACE, digest
from tests.api import Api, sign_in
from tests.domains.common.refusals import refusal
from tests.domains.common.together import elsewhere, together

pytestmark = pytest.mark.django_db

SELECTION = "tokens { accessToken refreshToken refreshTokenExpiresAt accessTokenExpiresAt }"


def refresh(secret: str) -> dict[str, str]:
    tokens: dict[str, str] = Api().call("refreshToken", SELECTION, refreshToken=secret)["tokens"]
    return tokens


def refused(secret: str | None) -> bool:
    answer = refusal(Api(), "refreshToken", "InvalidTokenError", refreshToken=secret)
    return (answer["code"], answer["path"]) == ("INVALID_TOKEN", ["input", "refreshToken"])


def past_grace(secret: str) -> None:
    """As if the secret had been used a while ago."""
    used = timezone.now() - GRACE - timedelta(seconds=1)
    assert RefreshToken.objects.filter(token=digest(secret), revoked__isnull=False).update(revoked=used) == 1


def test_a_refresh_token_is_swapped_for_new_tokens_of_the_same_session(customer: User) -> None:
    old = sign_in(customer)
    new = refresh(old.refresh_token)
    assert new["refreshToken"] not in ("", old.refresh_token)
    assert new["accessToken"] != old.access_token
    assert Api(token=new["accessToken"]).data("{ me { email } }")["me"] == {"email": customer.email}
    assert refresh(new["refreshToken"])["refreshToken"] != new["refreshToken"]
    assert Session.objects.count() == 1


def test_only_digests_of_secrets_are_kept(customer: User) -> None:
    secret = sign_in(customer).refresh_token
    token = RefreshToken.objects.get()
    assert token.token == digest(secret)
    assert secret not in f"{token} {vars(token)}"


def test_two_tabs_within_the_grace_period_get_the_same_successor(customer: User) -> None:
    secret = sign_in(customer).refresh_token
    first, second = refresh(secret), refresh(secret)
    assert first["refreshToken"] == second["refreshToken"]
    assert first["refreshTokenExpiresAt"] == second["refreshTokenExpiresAt"]
    assert Session.objects.get().revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_a_used_token_that_comes_back_later_ends_the_session_for_good(customer: User) -> None:
    stolen = sign_in(customer).refresh_token
    thief = refresh(stolen)
    past_grace(stolen)
    assert refused(stolen)
    assert elsewhere(lambda: Session.objects.get().revoked_at) is not None
    assert Api(token=thief["accessToken"]).code("{ me { email } }") == "UNAUTHENTICATED"
    assert refused(thief["refreshToken"])


@pytest.mark.parametrize("used", [True, False])
def test_a_token_that_comes_back_after_its_own_end_ends_the_session_only_if_it_was_used(
    customer: User, used: bool
) -> None:
    secret = sign_in(customer).refresh_token
    if used:
        refresh(secret)
        past_grace(secret)
    RefreshToken.objects.filter(token=digest(secret)).update(expires_at=timezone.now())
    assert refused(secret)
    assert (Session.objects.get().revoked_at is not None) == used
    assert (RefreshToken.objects.get(token=digest(secret)).revoked is not None) == used


def test_a_token_that_was_used_just_now_and_is_past_its_end_is_refused_and_the_session_stays(customer: User) -> None:
    secret = sign_in(customer).refresh_token
    refresh(secret)
    RefreshToken.objects.filter(token=digest(secret)).update(expires_at=timezone.now())
    assert refused(secret)
    assert Session.objects.get().revoked_at is None


def test_other_sessions_of_the_person_go_on(customer: User) -> None:
    stolen, other = sign_in(customer).refresh_token, sign_in(customer)
    refresh(stolen)
    past_grace(stolen)
    assert refused(stolen)
    assert Api(token=other.access_token).data("{ me { email } }")["me"]
    assert refresh(other.refresh_token)


@pytest.mark.parametrize("secret", [None, "", "unknown", "é" * 50, "x" * 10_000])
def test_what_is_no_refresh_token_is_refused(nobody: Api, secret: str | None) -> None:
    assert refused(secret)


def test_an_absent_refresh_token_is_refused(nobody: Api) -> None:
    refusal(nobody, "refreshToken", "InvalidTokenError")


def test_an_expired_refresh_token_is_refused_and_the_session_stays(customer: User) -> None:
    secret = sign_in(customer).refresh_token
    RefreshToken.objects.update(expires_at=timezone.now())
    assert refused(secret)
    assert Session.objects.get().revoked_at is None


@pytest.mark.parametrize("end", ["revoked", "over", "closed"])
def test_a_session_that_has_ended_gives_no_tokens(customer: User, end: str) -> None:
    secret, now = sign_in(customer).refresh_token, timezone.now()
    if end == "closed":
        User.objects.update(is_active=False)
    else:
        Session.objects.update(**{"revoked": {"revoked_at": now}, "over": {"expires_at": now}}[end])
    assert refused(secret)


def test_refreshing_never_moves_the_end_of_the_session(customer: User) -> None:
    secret = sign_in(customer).refresh_token
    end = timezone.now() + timedelta(minutes=3)
    Session.objects.update(expires_at=end)
    new = refresh(secret)
    assert Session.objects.get().expires_at == end
    assert datetime.fromisoformat(new["refreshTokenExpiresAt"]) == end
    assert datetime.fromisoformat(new["accessTokenExpiresAt"]) == end


def test_refreshing_is_noted_on_the_session(customer: User) -> None:
    secret = sign_in(customer).refresh_token
    before = timezone.now() - timedelta(hours=1)
    Session.objects.update(last_used_at=before)
    refresh(secret)
    assert Session.objects.get().last_used_at > before


@pytest.mark.django_db(transaction=True)
def test_four_tabs_that_refresh_at_once_all_stay_signed_in_in_each_of_20_rounds(customer: User) -> None:
    secret = sign_in(customer).refresh_token
    for _ in range(20):
        answers = together(*[partial(refresh, secret)] * 4)
        assert len({answer["refreshToken"] for answer in answers}) == 1
        for answer in answers:
            assert Api(token=answer["accessToken"]).data("{ me { email } }")["me"] == {"email": customer.email}
        secret = answers[0]["refreshToken"]
    assert Session.objects.get().revoked_at is None
