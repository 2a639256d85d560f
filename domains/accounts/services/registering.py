"""New accounts."""

from __future__ import annotations

from django.utils import timezone

from domains.accounts import hashing, throttling
from domains.accounts.errors import EmailTakenError
from domains.accounts.models import AuditEvent, User, normalize_email
from domains.accounts.services import mailing
from domains.accounts.services.checking import named, normalize_password, validate
from domains.accounts.services.signing_in import open_session
from domains.accounts.tokens import Tokens
from domains.common.data.transactions import retried, short_transaction


def register(*, email: str, password: str, name: str, user_agent: str) -> tuple[User, Tokens]:
    """Make an account, sign it in and mail it a verification link.

    Raises ValidationError, EmailTakenError or RateLimitedError.
    """
    user = User(email=normalize_email(email), name=named(name))
    password = normalize_password(password)
    validate(user, password)
    with throttling.registering():
        user.password = hashing.make(password)
        return user, _add(user, user_agent)


@retried
def _add(user: User, user_agent: str) -> Tokens:
    with short_transaction():
        _insert(user)
        mailing.promise(mailing.EMAIL_VERIFICATION, user_id=user.id)
        return open_session(user=user, user_agent=user_agent)


@retried
def create_staff(*, email: str, password: str, name: str) -> User:
    """Make a staff account. Raises ValidationError or EmailTakenError."""
    user = User(email=normalize_email(email), name=named(name), is_staff=True, email_verified_at=timezone.now())
    password = normalize_password(password)
    validate(user, password)
    user.password = hashing.make(password)
    with short_transaction():
        _insert(user)
    return user


def _insert(user: User) -> None:
    if User.objects.filter(email=user.email).exists():
        raise EmailTakenError
    user.save(force_insert=True)
    AuditEvent.record(AuditEvent.Type.REGISTERED, user_id=user.id)
