"""Ending sessions."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from django.utils import timezone

from domains.accounts.models import AuditEvent, Session, User
from domains.common.data.models import NO_ID
from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer


@retried
def logout(*, viewer: Viewer) -> int:
    """End the viewer's current session; the number of sessions ended (0 or 1)."""
    with short_transaction():
        return _end(viewer, viewer.session_id or NO_ID, AuditEvent.Type.SIGNED_OUT)


@retried
def revoke_session(*, viewer: Viewer, session_id: UUID) -> Session:
    """End one of the viewer's own sessions; the session. Raises NotFoundError for one that is not theirs or over."""
    with short_transaction():
        session = Session.objects.visible_to(viewer).alive().filter(id=session_id).first()
        if session is None or not _end(viewer, session_id, AuditEvent.Type.SESSION_REVOKED):
            raise NotFoundError("There is no such session", path=["sessionId"])
    session.refresh_from_db()
    return session


@retried
def logout_everywhere(*, viewer: Viewer) -> int:
    """End every session of the viewer, this one too; the number of sessions ended."""
    with short_transaction():
        AuditEvent.record(AuditEvent.Type.SIGNED_OUT_EVERYWHERE, user_id=viewer.user_id, session_id=viewer.session_id)
        return end_sessions(user_id=viewer.user_id or NO_ID)


def is_over(*, viewer: Viewer) -> bool:
    """Whether the viewer's session has ended since the request was let in."""
    mine = Session.objects.visible_to(viewer).alive().filter(id=viewer.session_id or NO_ID)
    return viewer.is_authenticated and not mine.exists()


def end_sessions(*, user_id: UUID, keep: UUID | None = None) -> int:
    """End a person's sessions inside the caller's short transaction; the number of living ones that it ended.

    The session `keep` goes on with all of its tokens: that is why the token version is raised only without it. The
    person's row is locked, so a sign-in either comes first and is ended too, or waits. They are over for every process
    when the transaction has committed.
    """
    User.objects.select_for_update().filter(id=user_id).first()
    if keep is None:
        User.objects.filter(id=user_id).update(token_version=F("token_version") + 1)
    living = Session.objects.filter(user_id=user_id, revoked_at__isnull=True, expires_at__gt=timezone.now())
    return living.exclude(id=keep or NO_ID).update(revoked_at=timezone.now())


def _end(viewer: Viewer, session_id: UUID, event: AuditEvent.Type) -> int:
    open_ = Session.objects.visible_to(viewer).filter(id=session_id, revoked_at__isnull=True)
    ended = open_.update(revoked_at=timezone.now())
    if ended:
        AuditEvent.record(event, user_id=viewer.user_id, session_id=session_id)
    return ended
