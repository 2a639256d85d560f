"""A session's tokens: issuing, rotating and checking them."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from domains.accounts.errors import InvalidTokenError
from domains.accounts.jwt import AccessClaims, read_access_token, write_access_token
from domains.accounts.models import AuditEvent, RefreshToken, Session
from domains.common.data.prepared import fetch_one
from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import UnauthenticatedError
from domains.common.viewer import Viewer

GRACE = timedelta(seconds=10)  # two tabs that refresh at once get the same successor
# Asked at every request and cached nowhere: a session is over for everybody as soon as its end is committed.
VIEWER = """
SELECT person.is_staff FROM accounts_session AS session JOIN accounts_user AS person ON person.id = session.user_id
WHERE session.id = %s AND session.revoked_at IS NULL AND session.expires_at > statement_timestamp()
AND person.id = %s AND person.is_active AND person.token_version = %s
"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client keeps: secrets in clear, shown once."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    refresh_token_expires_at: datetime


def digest(secret: str) -> str:
    """Sha256 (hex): enough for a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(session: Session) -> Tokens:
    """The first tokens of a session."""
    return _tokens(session, secrets.token_urlsafe(32))


@retried
def refresh(*, refresh_token: str) -> Tokens:
    """Swap a refresh secret, empty where none was sent, for its successor; the same one again within GRACE.

    Raises InvalidTokenError for an unknown, expired or revoked secret, and after revoking the whole session for one
    that is used again later, even past its own end: somebody else holds a copy.
    """
    with short_transaction():
        known = RefreshToken.objects.select_related("session__user").filter(token=digest(refresh_token)).first()
        if known is None or not _alive(known.session):
            raise InvalidTokenError
        now, session = timezone.now(), Session.objects.filter(id=known.session_id)
        if stolen := known.revoked is not None and known.revoked < now - GRACE:
            session.filter(revoked_at__isnull=True).update(revoked_at=now)
            AuditEvent.record(AuditEvent.Type.REFRESH_REUSED, user_id=known.user_id, session_id=known.session_id)
        elif known.expires_at <= now:
            raise InvalidTokenError
        else:
            RefreshToken.objects.filter(id=known.id, revoked__isnull=True).update(revoked=now)
            session.update(last_used_at=now)
            tokens = _tokens(known.session, _successor(refresh_token))
    if stolen:  # only now: raising earlier would roll the revocation back
        raise InvalidTokenError
    return tokens


def viewer_of(token: str) -> Viewer:
    """Who holds this access token. Raises UnauthenticatedError unless token, session and person are all alive."""
    claims = read_access_token(token)
    row = fetch_one(VIEWER, claims.session_id, claims.user_id, claims.token_version)
    if row is None:
        raise UnauthenticatedError("The session has ended; sign in again")
    return Viewer(user_id=claims.user_id, session_id=claims.session_id, is_staff=row[0])


def _alive(session: Session) -> bool:
    return session.revoked_at is None and session.expires_at > timezone.now() and session.user.is_active


def _successor(secret: str) -> str:
    """Deterministic, so that two callers in the grace period hold the same secret; it takes SECRET_KEY."""
    return salted_hmac("accounts.refresh-successor", secret, algorithm="sha256").hexdigest()


def _tokens(session: Session, secret: str) -> Tokens:
    now = timezone.now()
    access_ends = min(now + timedelta(minutes=settings.JWT_ACCESS_TOKEN_LIFETIME), session.expires_at)
    refresh_ends = min(now + timedelta(minutes=settings.JWT_REFRESH_TOKEN_LIFETIME), session.expires_at)
    fresh = {"session": session, "user_id": session.user_id, "expires_at": refresh_ends}
    kept, _ = RefreshToken.objects.get_or_create(token=digest(secret), defaults=fresh)
    claims = AccessClaims(session.user_id, session.id, session.user.token_version)
    return Tokens(write_access_token(claims, expires_at=access_ends), access_ends, secret, kept.expires_at)
