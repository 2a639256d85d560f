"""Closing accounts, and taking rights away: both hold at once, not when a token expires."""

from __future__ import annotations

from domains.accounts.models import AuditEvent, User, normalize_email
from domains.accounts.services.sessions import end_sessions
from domains.accounts.services.signing_in import confirm_password, wrong_password
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import update
from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer


def deactivate_account(*, viewer: Viewer, current_password: str) -> User:
    """Close the viewer's account and end every session; its orders stay.

    Raises InvalidCredentialsError or RateLimitedError.
    """
    user = confirm_password(viewer=viewer, password=current_password)
    _close(viewer, user)
    user.refresh_from_db()
    return user


@retried
def _close(viewer: Viewer, user: User) -> None:
    with short_transaction():
        row = User.objects.filter(id=user.id, is_active=True, password=user.password)
        if not update(row, is_active=False, pending_email=""):
            raise wrong_password()  # it changed meanwhile
        AuditEvent.record(AuditEvent.Type.DEACTIVATED, user_id=user.id, session_id=viewer.session_id)
        end_sessions(user_id=user.id)


@retried
def demote_staff(*, email: str) -> User:
    """Make a staff member an ordinary customer and end every session. Raises NotFoundError unless they are staff."""
    user = User.objects.filter(email=normalize_email(email), is_staff=True).first()
    with short_transaction():
        if user is None or not update(User.objects.filter(id=user.id, is_staff=True), is_staff=False):
            raise NotFoundError("No staff account has this e-mail", path=["email"])
        AuditEvent.record(AuditEvent.Type.STAFF_REVOKED, user_id=user.id)
        end_sessions(user_id=user.id)
    user.refresh_from_db()
    return user
