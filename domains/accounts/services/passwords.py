"""Changing and resetting passwords."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from domains.accounts import hashing, links, throttling
from domains.accounts.models import AuditEvent, User, normalize_email
from domains.accounts.services import mailing
from domains.accounts.services.checking import email_problems, normalize_password, password_problems
from domains.accounts.services.sessions import end_sessions
from domains.accounts.services.signing_in import confirm_password, person, wrong_password
from domains.common.data.models import NO_ID
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import update
from domains.common.errors import FieldErrorCode, ValidationError
from domains.common.validation import Problems
from domains.common.viewer import Viewer

FIELD = "newPassword"


def change_password(*, viewer: Viewer, current_password: str, new_password: str) -> User:
    """Set a new password and end every other session.

    Raises ValidationError, InvalidCredentialsError or RateLimitedError.
    """
    password = normalize_password(new_password)
    Problems(password_problems(person(viewer), password, field=FIELD)).check()
    user = confirm_password(viewer=viewer, password=current_password)
    if password == normalize_password(current_password):
        message = "This is the current password; choose another one"
        raise ValidationError.of(FIELD, message=message, code=FieldErrorCode.TOO_SIMILAR)
    _change(viewer, user, hashing.make(password))
    user.refresh_from_db()
    return user


@retried
def _change(viewer: Viewer, user: User, encoded: str) -> None:
    with short_transaction():
        if not _replace(User.objects.filter(id=user.id, is_active=True, password=user.password), encoded):
            raise wrong_password()  # somebody was faster
        AuditEvent.record(AuditEvent.Type.PASSWORD_CHANGED, user_id=user.id, session_id=viewer.session_id)
        mailing.promise(mailing.PASSWORD_CHANGE_NOTICE, user_id=user.id)
        end_sessions(user_id=user.id, keep=viewer.session_id)


def request_password_reset(*, email: str) -> str:
    """Mail a link, if an account has this e-mail, open or closed; the e-mail as it is compared.

    Raises ValidationError or RateLimitedError.
    Does the same whether or not there is such an account: what differs happens later, in a worker.
    """
    email = normalize_email(email)
    Problems(email_problems(email)).check()
    throttling.mail_to(email)
    user_id = User.objects.filter(email=email).values_list("id", flat=True).first()
    with short_transaction():
        mailing.promise(mailing.PASSWORD_RESET, user_id=user_id or NO_ID)
        AuditEvent.record(AuditEvent.Type.PASSWORD_RESET_REQUESTED, user_id=user_id)
    return email


def reset_password(*, token: str, new_password: str) -> User:
    """Set a new password by a mailed link, which proves the address too, and end every session.

    The person is known from here then: guesses made elsewhere do not keep them out. An account that they closed is open
    again: nobody is locked out for good.
    Raises InvalidTokenError or ValidationError; after the latter the link still works.
    """
    user = links.bearer(links.PASSWORD_RESET, token)
    password = normalize_password(new_password)
    Problems(password_problems(user, password, field=FIELD)).check()
    _reset(user, hashing.make(password))
    user.refresh_from_db()
    return user


@retried
def _reset(user: User, encoded: str) -> None:
    with short_transaction():
        if not _replace(links.unchanged(links.PASSWORD_RESET, user), encoded, by_mail=True):
            raise links.expired()
        AuditEvent.record(AuditEvent.Type.PASSWORD_RESET, user_id=user.id)
        throttling.remember(user.id)
        mailing.promise(mailing.PASSWORD_CHANGE_NOTICE, user_id=user.id)
        end_sessions(user_id=user.id)


def _replace(row: QuerySet[User], encoded: str, *, by_mail: bool = False) -> int:
    """Also drops a pending e-mail: whoever takes an account back must not lose it to a link that is out already."""
    proven = {"email_verified_at": Coalesce(F("email_verified_at"), timezone.now()), "is_active": True}
    return update(row, password=encoded, pending_email="", **(proven if by_mail else {}))
