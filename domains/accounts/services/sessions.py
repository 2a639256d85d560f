"""Sessions after the sign-in: refreshing and ending them."""

from __future__ import annotations

from django.utils import timezone

from domains.accounts import tokens
from domains.accounts.errors import InvalidTokenError
from domains.accounts.models import Session
from domains.accounts.tokens import Tokens
from domains.common.models import NO_ID
from domains.common.viewer import Viewer


def refresh(*, refresh_token: str | None) -> Tokens:
    """Rotate a refresh token. Raises InvalidTokenError."""
    if not refresh_token:
        raise InvalidTokenError
    return tokens.refresh(refresh_token)


def logout(*, viewer: Viewer) -> int:
    """End the viewer's current session; the number of sessions ended (0 or 1)."""
    open_ = Session.objects.visible_to(viewer).filter(id=viewer.session_id or NO_ID, revoked_at__isnull=True)
    return open_.update(revoked_at=timezone.now())
