"""Outbox work and periodic work of accounts."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from domains.accounts.models import AuditEvent, KnownNetwork, Session
from domains.accounts.services import erasing, mailing
from domains.accounts.throttling import KNOWN
from domains.common.background import mails, outbox, periodic

for topic in mailing.SUBJECTS:
    mails.handler(topic)(mailing.send)
outbox.handler(mailing.ERASURE, queue=mails.QUEUE)(erasing.carry_out)  # no mail that may stay undone
periodic.every(timedelta(minutes=10), queue=mails.QUEUE)(erasing.promise_due)


@periodic.every(timedelta(hours=1))
def purge() -> int:
    """Delete sessions past their absolute end, audit events past AUDIT_RETENTION_DAYS, outdated networks; how many.

    And what requests that were on their way wrote of people who were erased meanwhile. A revoked session stays until
    that end, and a spent refresh token as long as its session: they are what tells a stolen token from an unknown one.
    Raises Unfinished.
    """
    old = Now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    return periodic.purge(
        Session.objects.filter(expires_at__lt=Now()).order_by("expires_at"),
        AuditEvent.objects.filter(created_at__lt=old).order_by("created_at"),
        AuditEvent.objects.filter(user__in=erasing.erased_lately()).order_by("created_at"),
        KnownNetwork.objects.filter(seen_at__lt=Now() - KNOWN).order_by("seen_at"),
    )
