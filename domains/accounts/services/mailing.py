"""The mails about an account: promised in the outbox, written when they are sent, from the templates named like them.

They greet nobody by name: an unverified address may be somebody else's, who must not be sent a stranger's text.
"""

from __future__ import annotations

from typing import Any
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
ERASURE_REQUESTED = "accounts.erasure_requested"
ERASURE_CANCELLED = "accounts.erasure_cancelled"
ERASURE = "accounts.erasure"  # the last mail, and what follows it: see `erasing`
SUBJECTS = {
    EMAIL_VERIFICATION: "Confirm your e-mail address",
    PASSWORD_RESET: "Set a new password",
    EMAIL_CHANGE_NOTICE: "Your e-mail address is to change",
    PASSWORD_CHANGE_NOTICE: "Your password was changed",
    ERASURE_REQUESTED: "Your data is to be erased",
    ERASURE_CANCELLED: "Your data is not erased",
}


def promise(topic: str, *, user_id: UUID, **payload: Any) -> None:
    """In the caller's transaction: a mail to the `address` in `payload`, else to the person's when it is sent."""
    outbox.enqueue(topic, key=user_id, **payload)


def send(message: OutboxMessage) -> None:
    """Send a promised mail, unless nobody is meant, or there is no address to prove any more. Closed accounts get the
    link that opens them, and nothing else."""
    context: dict[str, Any] = {"home": settings.FRONTEND_URL}
    to = message.payload.get("address")
    purpose = links.PASSWORD_RESET if message.topic == PASSWORD_RESET else links.EMAIL_VERIFICATION
    if to is None and (user := links.served(purpose).filter(id=message.key).first()):
        to = user.email
        context |= {"link": links.link(purpose, user), "closed": not user.is_active, "due": user.erasure_due_at}
        if message.topic == ERASURE_REQUESTED and user.erasure_due_at is None:
            return  # taken back meanwhile
        if message.topic == EMAIL_VERIFICATION:
            to = user.pending_email or ("" if user.email_verified else user.email)
            context["replaces"] = bool(user.pending_email)
    if to:
        template, identifier = message.topic.replace(".", "/"), f"account-{message.id}"
        mails.send(to=to, subject=SUBJECTS[message.topic], template=template, context=context, identifier=identifier)


def send_last(message: OutboxMessage, user: User) -> None:
    """Tell a person, open or closed, that they are erased with this mail. Raises MailServerAway and MailRefused."""
    mails.send(
        to=user.email,
        subject="Your data is erased",
        template="accounts/erasure",
        context={"home": settings.FRONTEND_URL},
        identifier=f"account-{message.id}",
    )
