"""The mails about an account: promised in the outbox, written when they are sent.

They greet nobody by name: an unverified address may be somebody else's, who must not be sent a stranger's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings

from domains.accounts import links
from domains.accounts.models import User
from domains.common.background import mails, outbox
from domains.common.background.models import OutboxMessage

EMAIL_VERIFICATION = "accounts.email_verification"
PASSWORD_RESET = "accounts.password_reset"  # noqa: S105
EMAIL_CHANGE_NOTICE = "accounts.email_change_notice"
PASSWORD_CHANGE_NOTICE = "accounts.password_change_notice"  # noqa: S105


def promise(topic: str, *, user_id: UUID) -> None:
    """A mail to whatever address the person has when it is sent, in the caller's transaction."""
    outbox.enqueue(topic, key=user_id)


def promise_notice_of_change(user: User) -> None:
    """A mail to the address that is about to be replaced; kept in the message, as it may be replaced by then."""
    outbox.enqueue(EMAIL_CHANGE_NOTICE, key=user.id, address=user.email)


def send_verification(message: OutboxMessage) -> None:
    """Mail the link that proves an address, unless there is none to prove any more."""
    user = _person(message)
    if user is not None and (user.pending_email or not user.email_verified):
        context = {"link": links.link(links.EMAIL_VERIFICATION, user), "replaces": bool(user.pending_email)}
        _send(message, user.pending_email or user.email, "Confirm your e-mail address", "verification", context)


def send_reset(message: OutboxMessage) -> None:
    """Mail the link that sets a new password; nothing when the request named nobody."""
    user = _person(message)
    if user is not None:
        context = {"link": links.link(links.PASSWORD_RESET, user)}
        _send(message, user.email, "Set a new password", "password_reset", context)


def send_notice_of_change(message: OutboxMessage) -> None:
    """Tell the old address that another one was asked for."""
    _send(message, message.payload["address"], "Your e-mail address is to change", "email_change_notice", {})


def send_notice_of_password(message: OutboxMessage) -> None:
    """Tell the person that the password changed, in case somebody else did it."""
    user = _person(message)
    if user is not None:
        _send(message, user.email, "Your password was changed", "password_change_notice", {})


def _person(message: OutboxMessage) -> User | None:
    return User.objects.filter(id=message.key, is_active=True).first()


def _send(message: OutboxMessage, to: str, subject: str, template: str, context: Mapping[str, object]) -> None:
    mails.send(
        to=to,
        subject=subject,
        template=f"accounts/{template}",
        context={**context, "home": settings.FRONTEND_URL},
        identifier=f"account-{message.id}",
    )
