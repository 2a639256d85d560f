"""Secrets in mailed links: signed, short-lived, used once, stored nowhere.

A token names a person and a time, and its signature covers the fields that using it changes: used once, or overtaken
by a change of these fields, it is nobody's token any more. Tokens are made while a mail is sent, so no table, outbox
message or log holds one; they travel in the fragment of a URL, which browsers send to no server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

from domains.accounts.errors import InvalidTokenError
from domains.accounts.models import User, UserQuerySet


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a link is for. `page` is its path at FRONTEND_URL; a change of a field in `bound_to` ends it.

    Only one that `opens` closed accounts works for them: it proves that the mailbox is still its owner's.
    """

    page: str
    lifetime: timedelta
    bound_to: tuple[str, ...]
    opens: bool = False


PASSWORD_RESET = Purpose("reset-password", timedelta(minutes=30), ("email", "password", "is_active"), opens=True)
EMAIL_VERIFICATION = Purpose("verify-email", timedelta(hours=24), ("email", "pending_email", "email_verified_at"))


def link(purpose: Purpose, user: User) -> str:
    """The URL to mail, with a fresh token."""
    return f"{settings.FRONTEND_URL}/{purpose.page}#token={_signer(purpose, user).sign(user.id.hex)}"


def bearer(purpose: Purpose, token: str) -> User:
    """The person whom the token was mailed to. Raises InvalidTokenError, the same for every reason."""
    try:
        user = served(purpose).get(id=UUID(hex=token[:32]))
        _signer(purpose, user).unsign(token, max_age=purpose.lifetime)
    except (User.DoesNotExist, signing.BadSignature, ValueError):
        raise expired() from None
    return user


def unchanged(purpose: Purpose, user: User) -> UserQuerySet:
    """The person's row while all that the token is bound to is still so: the condition of the UPDATE that uses it."""
    bound = {field: getattr(user, field) for field in purpose.bound_to}
    return served(purpose).filter(id=user.id, **bound)


def served(purpose: Purpose) -> UserQuerySet:
    """Those who get such links: the active, and the closed whom it opens. Nobody opens who was erased."""
    everybody = User.objects.get_queryset().filter(erased_at=None)
    return everybody if purpose.opens else everybody.filter(is_active=True)


def expired() -> InvalidTokenError:
    """The answer to a link that does not work."""
    return InvalidTokenError("This link was used, has expired or was replaced; ask for a new one", path=["token"])


def _signer(purpose: Purpose, user: User) -> signing.TimestampSigner:
    bound = [str(getattr(user, field)) for field in purpose.bound_to]
    return signing.TimestampSigner(salt="\n".join([f"accounts.{purpose.page}", *bound]))
