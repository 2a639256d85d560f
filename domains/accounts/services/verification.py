"""Proving that an e-mail address is one's own."""

from __future__ import annotations

from django.utils import timezone

from domains.accounts import links, throttling
from domains.accounts.models import AuditEvent, User
from domains.accounts.services import mailing
from domains.accounts.services.signing_in import person
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import update
from domains.common.viewer import Viewer


def request_email_verification(*, viewer: Viewer) -> str:
    """Mail a link to the address that waits for proof, if one does; that address, or the proven one.

    Raises RateLimitedError.
    """
    throttling.mail_to(str(viewer.user_id))
    user = person(viewer)
    if user.pending_email or not user.email_verified:
        with short_transaction():
            mailing.promise(mailing.EMAIL_VERIFICATION, user_id=user.id)
    return user.pending_email or user.email


@retried
def verify_email(*, token: str) -> User:
    """Use a mailed link: its address is proven, and from now on is the account's. Raises InvalidTokenError.

    A link to an address that another account took meanwhile is worth nothing any more.
    """
    user = links.bearer(links.EMAIL_VERIFICATION, token)
    email = user.pending_email or user.email
    with short_transaction():
        if User.objects.filter(email=email).exclude(id=user.id).exists():
            raise links.expired()
        proven = {"email": email, "pending_email": "", "email_verified_at": timezone.now()}
        row = links.unchanged(links.EMAIL_VERIFICATION, user)
        if not update(row, **proven):
            raise links.expired()
        changed = AuditEvent.Type.EMAIL_CHANGED if user.pending_email else AuditEvent.Type.EMAIL_VERIFIED
        AuditEvent.record(changed, user_id=user.id)
        throttling.remember(user.id)
    user.refresh_from_db()
    return user
