"""What nobody needs any more goes; evidence stays as long as a stolen token could be tried."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from domains.accounts import handlers
from domains.accounts.models import AuditEvent, RefreshToken, Session, User
from domains.accounts.tokens import digest
from domains.common.background import periodic as batches
from domains.common.background.periodic import SCHEDULE, Unfinished
from tests.api import Api, sign_in
from tests.domains.common.refusals import refusal
from tests.factories import SessionFactory

pytestmark = pytest.mark.django_db


def test_sessions_past_their_end_go_with_their_tokens_and_no_others(customer: User) -> None:
    over, living = sign_in(customer), sign_in(customer)
    Session.objects.filter(refresh_tokens__token=digest(over.refresh_token)).update(expires_at=timezone.now())
    assert handlers.purge() == 1
    assert Session.objects.count() == RefreshToken.objects.count() == 1
    assert Api(token=living.access_token).data("{ me { email } }")["me"]


def test_a_revoked_session_keeps_its_tokens_until_it_would_have_ended(customer: User) -> None:
    tokens = sign_in(customer)
    Session.objects.update(revoked_at=timezone.now() - timedelta(days=20))
    assert handlers.purge() == 0
    assert RefreshToken.objects.count() == 1
    refusal(Api(), "refreshToken", "InvalidTokenError", refreshToken=tokens.refresh_token)


@pytest.mark.parametrize("days", [0, 8], ids=["before its own end", "after its own end"])
def test_a_spent_token_still_betrays_its_thief_after_a_purge(customer: User, settings: Settings, days: int) -> None:
    """Stolen secrets are tried weeks later: the session they belong to lives as long as it is refreshed."""
    settings.JWT_REFRESH_TOKEN_LIFETIME = timedelta(days=7) // timedelta(minutes=1)
    tokens = sign_in(customer)
    Api().call("refreshToken", "__typename", refreshToken=tokens.refresh_token)
    used, ago = timezone.now() - timedelta(minutes=1), timedelta(days=days)
    spent = RefreshToken.objects.filter(revoked__isnull=False)
    assert spent.update(revoked=used - ago, expires_at=F("expires_at") - ago) == 1
    handlers.purge()
    refusal(Api(), "refreshToken", "InvalidTokenError", refreshToken=tokens.refresh_token)
    assert Session.objects.get().revoked_at is not None
    assert AuditEvent.objects.filter(type="REFRESH_REUSED", user=customer).count() == 1


def test_events_go_after_the_days_of_the_setting(customer: User, settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 3
    for days in (1, 2, 4, 5):
        AuditEvent.objects.create(type="SIGNED_IN", user=customer, created_at=timezone.now() - timedelta(days=days))
    assert handlers.purge() == 2
    assert AuditEvent.objects.count() == 2


def test_many_rows_go_in_batches_and_a_call_has_an_end(customer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH", 2)
    SessionFactory.create_batch(5, user=customer, expires_at=timezone.now() - timedelta(days=1))
    monkeypatch.setattr(batches, "SECONDS", 0)
    with pytest.raises(Unfinished):
        handlers.purge()
    assert Session.objects.count() == 3
    monkeypatch.setattr(batches, "SECONDS", 60)
    assert handlers.purge() == 3


def test_the_relay_rings_for_it_every_hour() -> None:
    assert SCHEDULE[f"{handlers.__name__}.purge"] == timedelta(hours=1)
