"""Signing in: a session for a person whose identity is established."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from domains.accounts import tokens
from domains.accounts.errors import InvalidCredentialsError
from domains.accounts.models import Session, User, normalize_email
from domains.accounts.services.checking import MAX_EMAIL_CHARACTERS, MAX_PASSWORD_CHARACTERS, normalize_password
from domains.accounts.tokens import Tokens
from domains.common.transactions import short_transaction


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from."""

    user_agent: str = ""
    ip_address: str | None = None


def login(*, email: str, password: str, device: Device) -> tuple[User, Tokens]:
    """Sign in. Raises InvalidCredentialsError, the same for an unknown e-mail, a wrong password, a closed account."""
    user = User.objects.filter(email=normalize_email(email)[:MAX_EMAIL_CHARACTERS], is_active=True).first()
    # The unknown is hashed too: the time must not tell whether the account exists.
    encoded = user.password if user else _unknown_password()
    if not check_password(normalize_password(password)[:MAX_PASSWORD_CHARACTERS], encoded) or user is None:
        raise InvalidCredentialsError
    with short_transaction():
        return user, open_session(user=user, device=device)


def open_session(*, user: User, device: Device) -> Tokens:
    """A new session of a person whose identity the caller has established, inside the caller's transaction."""
    now = timezone.now()
    session = Session.objects.create(
        user=user,
        user_agent=device.user_agent[:300],
        ip_address=device.ip_address,
        last_used_at=now,
        expires_at=now + timedelta(days=settings.SESSION_LIFETIME_DAYS),
    )
    return tokens.issue(session)


def _unknown_password() -> str:
    global _unknown
    _unknown = _unknown or make_password("nobody has this password")
    return _unknown


_unknown = ""
