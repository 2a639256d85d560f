"""Forgetting what nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from domains.accounts import networks
from domains.accounts.models import AuditEvent, Session
from domains.common.background import purging


def purge() -> int:
    """Delete sessions past their absolute end, audit events past AUDIT_RETENTION_DAYS, outdated networks; how many.

    Raises Unfinished.

    A revoked session stays until that end, and a spent refresh token as long as its session: they are what tells
    a stolen token from an unknown one.
    """
    now = timezone.now()
    old = now - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    return purging.delete(
        Session.objects.filter(expires_at__lt=now).order_by("expires_at"),
        AuditEvent.objects.filter(created_at__lt=old).order_by("created_at"),
        networks.outdated().order_by("seen_at"),
    )
