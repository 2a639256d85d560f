"""Forgetting what nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from domains.accounts.models import AuditEvent, Session

BATCH = 200  # a session that lived long has some thousand refresh tokens, which go with it
MAX_BATCHES = 100  # what is left then goes with the next call


def purge() -> int:
    """Delete sessions past their absolute end and audit events past AUDIT_RETENTION_DAYS; how many.

    A revoked session stays until that end, and a spent refresh token as long as its session: they are what tells
    a stolen token from an unknown one.
    """
    now = timezone.now()
    old = now - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    return _delete(Session.objects.filter(expires_at__lt=now).order_by("expires_at")) + _delete(
        AuditEvent.objects.filter(created_at__lt=old).order_by("created_at")
    )


def _delete(rows: QuerySet[Session] | QuerySet[AuditEvent]) -> int:
    """Batch by batch, so that no transaction is long."""
    deleted = 0
    for _ in range(MAX_BATCHES):
        ids = list(rows.values_list("id", flat=True)[:BATCH])
        rows.model._default_manager.filter(id__in=ids).delete()
        deleted += len(ids)
        if len(ids) < BATCH:
            break
    return deleted
