"""What people change about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domains.accounts import throttling
from domains.accounts.errors import EmailTakenError
from domains.accounts.models import AuditEvent, User, normalize_email
from domains.accounts.services import mailing
from domains.accounts.services.checking import email_problems, name_problems, named
from domains.accounts.services.signing_in import confirm_password, person, wrong_password
from domains.common.data.models import NO_ID
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import update
from domains.common.errors import (
    NotFoundError,
    RateLimitedError,
    StaleObjectError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from domains.common.validation import Problems
from domains.common.viewer import Viewer


def known(*, email: str) -> User:
    """The account with this e-mail, open or closed. Raises NotFoundError."""
    if user := User.objects.filter(email=normalize_email(email)).first():
        return user
    raise NotFoundError("No account has this e-mail", path=["email"])


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """The fields to change; None leaves a field as it is."""

    name: str | None = None
    email: str | None = None


def update_profile(
    *, viewer: Viewer, edit: ProfileEdit, current_password: str | None, expected_version: int | None
) -> User:
    """Change name or e-mail.

    Raises ValidationError, InvalidCredentialsError, EmailTakenError, StaleObjectError or TooManyRequestsError.

    A new e-mail needs the current password. It waits in `pending_email` until the link mailed to it is opened: a
    mistyped address locks nobody out, and nobody claims an address that is not theirs. The old address is told.
    The account's own e-mail takes such a wish back.
    """
    edit = _checked(edit)
    if edit.email in (None, person(viewer).email):
        return _save(viewer=viewer, edit=edit, proof=None, expected_version=expected_version)
    try:
        proof = confirm_password(viewer=viewer, password=current_password or "").password
        throttling.mail_to(str(viewer.user_id))
    except RateLimitedError as refusal:  # no member of the result
        raise TooManyRequestsError(refusal) from refusal
    return _save(viewer=viewer, edit=edit, proof=proof, expected_version=expected_version)


def _checked(edit: ProfileEdit) -> ProfileEdit:
    name = None if edit.name is None else named(edit.name)
    email = None if edit.email is None else normalize_email(edit.email)
    problems = [] if email is None else email_problems(email)
    Problems(problems + ([] if name is None else name_problems(name))).check()
    return ProfileEdit(name=name, email=email)


@retried
def _save(*, viewer: Viewer, edit: ProfileEdit, proof: str | None, expected_version: int | None) -> User:
    """`proof` is the hash of the password that was confirmed."""
    with short_transaction():
        mine = User.objects.visible_to(viewer).filter(id=viewer.user_id or NO_ID, is_active=True)
        if (user := mine.select_for_update(no_key=True).first()) is None:
            raise UnauthenticatedError  # closed or erased meanwhile
        StaleObjectError.check(user.version, expected_version, what="account")
        changes: dict[str, Any] = {} if edit.name is None else {"name": edit.name}
        if edit.email is not None:
            changes["pending_email"] = _wanted(viewer, user, edit.email, proof)
        update(User.objects.filter(id=user.id), **changes)
    user.refresh_from_db()
    return user


def _wanted(viewer: Viewer, user: User, email: str, proof: str | None) -> str:
    """The address that waits from now on; none when it is the account's own."""
    if email == user.email:
        return ""
    if user.password != proof:
        raise wrong_password()
    if User.objects.filter(email=email).exists():
        raise EmailTakenError
    mailing.promise(mailing.EMAIL_CHANGE_NOTICE, user_id=user.id, address=user.email)
    mailing.promise(mailing.EMAIL_VERIFICATION, user_id=user.id)
    AuditEvent.record(AuditEvent.Type.EMAIL_CHANGE_REQUESTED, user_id=user.id, session_id=viewer.session_id)
    return email
