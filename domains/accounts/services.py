"""The rules of accounts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.utils import timezone

from domains.accounts import tokens
from domains.accounts.errors import EmailTakenError, InvalidCredentialsError, InvalidTokenError
from domains.accounts.models import Session, User, normalize_email
from domains.accounts.tokens import Tokens
from domains.common.errors import FieldProblem, ValidationError
from domains.common.models import NO_ID
from domains.common.transactions import short_transaction
from domains.common.viewer import Viewer

MAX_PASSWORD_CHARACTERS = 128
MAX_NAME_CHARACTERS = 150
MAX_EMAIL_CHARACTERS = 254


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from."""

    user_agent: str = ""
    ip_address: str | None = None


def register(*, email: str, password: str, name: str, device: Device) -> tuple[User, Tokens]:
    """Make an account and sign it in. Raises ValidationError or EmailTakenError."""
    user = User(email=normalize_email(email), name=name.strip())
    password = normalize_password(password)
    _validate(user, password)
    user.password = make_password(password)
    try:
        with short_transaction():
            user.save(force_insert=True)
            return user, open_session(user=user, device=device)
    except IntegrityError as error:
        raise EmailTakenError from error


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


def refresh(*, refresh_token: str | None) -> Tokens:
    """Rotate a refresh token. Raises InvalidTokenError."""
    if not refresh_token:
        raise InvalidTokenError
    return tokens.refresh(refresh_token)


def logout(*, viewer: Viewer) -> int:
    """End the viewer's current session; the number of sessions ended (0 or 1)."""
    open_ = Session.objects.visible_to(viewer).filter(id=viewer.session_id or NO_ID, revoked_at__isnull=True)
    return open_.update(revoked_at=timezone.now())


def create_staff(*, email: str, password: str, name: str) -> User:
    """Make a staff account. Raises ValidationError or EmailTakenError."""
    user = User(email=normalize_email(email), name=name.strip(), is_staff=True, email_verified_at=timezone.now())
    password = normalize_password(password)
    _validate(user, password)
    user.password = make_password(password)
    if User.objects.filter(email=user.email).exists():
        raise EmailTakenError
    user.save(force_insert=True)
    return user


def normalize_password(password: str) -> str:
    """NFKC: the same password typed on two keyboards is the same password (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _unknown_password() -> str:
    global _unknown
    _unknown = _unknown or make_password("nobody has this password")
    return _unknown


_unknown = ""


def _validate(user: User, password: str) -> None:
    problems = [*_email_problems(user.email), *_name_problems(user.name), *_password_problems(user, password)]
    if problems:
        raise ValidationError(problems)


def _email_problems(email: str) -> list[FieldProblem]:
    try:
        validate_email(email)
    except DjangoValidationError:
        return [FieldProblem(["email"], "This is not an e-mail address")]
    too_long = len(email) > MAX_EMAIL_CHARACTERS
    return [FieldProblem(["email"], f"At most {MAX_EMAIL_CHARACTERS} characters")] if too_long else []


def _name_problems(name: str) -> list[FieldProblem]:
    if 1 <= len(name) <= MAX_NAME_CHARACTERS and "\x00" not in name:
        return []
    return [FieldProblem(["name"], f"A name has 1 to {MAX_NAME_CHARACTERS} characters")]


def _password_problems(user: User, password: str) -> list[FieldProblem]:
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return [FieldProblem(["password"], f"At most {MAX_PASSWORD_CHARACTERS} characters")]
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        return [FieldProblem(["password"], message) for message in error.messages]
    return []
