"""Outbox work and periodic work of accounts."""

from __future__ import annotations

from datetime import timedelta

from domains.accounts.services import mailing, purging
from domains.common.background import outbox, periodic

outbox.handler(mailing.EMAIL_VERIFICATION)(mailing.send_verification)
outbox.handler(mailing.PASSWORD_RESET)(mailing.send_reset)
outbox.handler(mailing.EMAIL_CHANGE_NOTICE)(mailing.send_notice_of_change)
outbox.handler(mailing.PASSWORD_CHANGE_NOTICE)(mailing.send_notice_of_password)


@periodic.every(timedelta(hours=1))
def purge() -> None:
    """Forget sessions that are over, and audit events and known networks that are old."""
    purging.purge()
