"""Signing in: a session for a person whose identity is established."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from domains.accounts import hashing, throttling, tokens
from domains.accounts.errors import InvalidCredentialsError
from domains.accounts.models import AuditEvent, Session, User, normalize_email
from domains.accounts.services.checking import MAX_EMAIL_CHARACTERS, normalize_password
from domains.accounts.tokens import Tokens
from domains.common.data.models import NO_ID
from domains.common.data.transactions import retried, short_transaction
from domains.common.viewer import Viewer, client_address


def login(*, email: str, password: str, user_agent: str) -> tuple[User, Tokens]:
    """Sign in. Raises RateLimitedError, or InvalidCredentialsError.

    The latter is the same for an unknown e-mail, a wrong password and a closed account.
    """
    email = normalize_email(email)[:MAX_EMAIL_CHARACTERS]
    with throttling.sign_in(email):
        user = User.objects.filter(email=email, is_active=True).first()
        # The unknown is hashed too: the time must not tell whether the account exists.
        if not hashing.matches(normalize_password(password), user.password if user else None) or user is None:
            AuditEvent.record(AuditEvent.Type.SIGN_IN_FAILED, user_id=user.id if user else None)
            raise InvalidCredentialsError
    return _admit(user, user_agent)


@retried
def _admit(user: User, user_agent: str) -> tuple[User, Tokens]:
    """Locks and reads again: a password change meanwhile would end only the sessions that are there already."""
    with short_transaction():
        same = User.objects.select_for_update(no_key=True).filter(id=user.id, password=user.password, is_active=True)
        if (locked := same.first()) is None:
            raise InvalidCredentialsError
        return locked, open_session(user=locked, user_agent=user_agent)


def open_session(*, user: User, user_agent: str = "") -> Tokens:
    """A new session of a person whose identity the caller has established, inside the caller's transaction."""
    now = timezone.now()
    session = Session.objects.create(
        user=user,
        user_agent=user_agent[:300],
        ip_address=client_address.get(),
        last_used_at=now,
        expires_at=now + timedelta(days=settings.SESSION_LIFETIME_DAYS),
    )
    AuditEvent.record(AuditEvent.Type.SIGNED_IN, user_id=user.id, session_id=session.id)
    throttling.remember(user.id)
    return tokens.issue(session)


def person(viewer: Viewer) -> User:
    """The person who is signed in."""
    return User.objects.visible_to(viewer).get(id=viewer.user_id or NO_ID)


def confirm_password(*, viewer: Viewer, password: str) -> User:
    """The signed-in person, who has just shown to know the password.

    Raises InvalidCredentialsError or RateLimitedError.
    The caller's UPDATE has to ask for the same password hash, as it may change meanwhile.
    """
    user = person(viewer)
    with throttling.current_password(viewer):
        if not hashing.matches(normalize_password(password), user.password):
            AuditEvent.record(AuditEvent.Type.PASSWORD_REFUSED, user_id=user.id, session_id=viewer.session_id)
            raise wrong_password()
    return user


def wrong_password() -> InvalidCredentialsError:
    """The answer to a wrong current password."""
    message = "The current password is missing or wrong; try again or reset it"
    return InvalidCredentialsError(message, path=["currentPassword"])
