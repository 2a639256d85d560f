"""Tokens live as long as the settings say, in minutes, and never longer than their session."""

from __future__ import annotations

from datetime import datetime, timedelta

import jwt
import pytest
from django.utils import timezone
from pytest_django import Settings

from domains.accounts.models import RefreshToken, Session, User
from tests.api import Api, sign_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

SELECTION = "tokens { accessToken accessTokenExpiresAt refreshTokenExpiresAt }"


def test_lifetimes_follow_the_settings(nobody: Api, customer: User, settings: Settings) -> None:
    settings.JWT_ACCESS_TOKEN_LIFETIME, settings.JWT_REFRESH_TOKEN_LIFETIME = 2, 90
    before = timezone.now()
    tokens = nobody.call("login", SELECTION, email=customer.email, password=PASSWORD)["tokens"]
    after = timezone.now()
    for field, minutes in (("accessTokenExpiresAt", 2), ("refreshTokenExpiresAt", 90)):
        told = datetime.fromisoformat(tokens[field])
        assert before <= told - timedelta(minutes=minutes) <= after
    payload = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
    assert payload["exp"] == int(datetime.fromisoformat(tokens["accessTokenExpiresAt"]).timestamp())
    assert RefreshToken.objects.get().expires_at == datetime.fromisoformat(tokens["refreshTokenExpiresAt"])


def test_a_session_ends_after_the_days_of_the_setting(customer: User, settings: Settings) -> None:
    settings.SESSION_LIFETIME_DAYS = 3
    before = timezone.now()
    tokens = sign_in(customer)
    end = Session.objects.get().expires_at
    assert before <= end - timedelta(days=3) <= timezone.now()
    assert tokens.refresh_token_expires_at == end


def test_a_short_session_cuts_its_access_tokens_short(customer: User, settings: Settings) -> None:
    settings.SESSION_LIFETIME_DAYS, settings.JWT_ACCESS_TOKEN_LIFETIME = 1, 100_000
    assert sign_in(customer).access_token_expires_at == Session.objects.get().expires_at
