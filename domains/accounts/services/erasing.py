"""Erasing what is held of a person: asked for, taken back within the time of grace, carried out.

What it replaces and what it waits for stands in the domains' `personal.py`. It is one transaction: an erasure that was
broken off has not happened, and is tried again.
"""

from __future__ import annotations

import functools
import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from domains.accounts import throttling
from domains.accounts.models import AuditEvent, User, UserQuerySet
from domains.accounts.services import mailing
from domains.accounts.services.signing_in import confirm_password, wrong_password
from domains.common.background import mails, outbox
from domains.common.background.models import OutboxMessage
from domains.common.data import personal
from domains.common.data.models import NO_ID
from domains.common.data.prepared import fetch_one
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import update
from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer

logger = logging.getLogger(__name__)

ASKED_AGAIN = timedelta(hours=1)  # whether what an erasure waits for has ended
AT_ONCE = 100
LOCK_TIMEOUT = "10s"  # for what others change of the same orders at this moment


class ErasureWaits(Exception):
    """Something comes first: `obstacles` says what."""

    def __init__(self, obstacles: list[personal.Obstacle]) -> None:
        super().__init__("; ".join(obstacle.message for obstacle in obstacles))
        self.obstacles = obstacles


def request_erasure(*, viewer: Viewer, current_password: str) -> User:
    """Have all that is held of the viewer erased after ERASURE_GRACE_DAYS; asked again it stays at the first date.

    Raises InvalidCredentialsError or RateLimitedError.
    """
    user = confirm_password(viewer=viewer, password=current_password)
    if user.erasure_due_at is None:
        throttling.mail_to(str(user.id))
        _request(viewer, user)
        user.refresh_from_db()
    return user


@retried
def _request(viewer: Viewer, user: User) -> None:
    due = timezone.now() + timedelta(days=settings.ERASURE_GRACE_DAYS)
    with short_transaction():
        row = User.objects.filter(id=user.id, is_active=True, password=user.password)
        if update(row.filter(erasure_due_at=None), erasure_due_at=due):
            AuditEvent.record(AuditEvent.Type.ERASURE_REQUESTED, user_id=user.id, session_id=viewer.session_id)
            mailing.promise(mailing.ERASURE_REQUESTED, user_id=user.id)
        elif not row.exists():
            raise wrong_password()  # it changed meanwhile


@retried
def cancel_erasure(*, viewer: Viewer) -> User:
    """Take it back. Raises NotFoundError when nobody has asked for it, or RateLimitedError."""
    throttling.mail_to(str(viewer.user_id))
    mine = User.objects.visible_to(viewer).filter(id=viewer.user_id or NO_ID)
    with short_transaction():
        if not update(mine.filter(erasure_due_at__isnull=False), erasure_due_at=None):
            raise NotFoundError("No erasure of this account was asked for")
        outbox.withdraw(mailing.ERASURE, key=viewer.user_id or NO_ID)  # one that failed for good among them
        AuditEvent.record(AuditEvent.Type.ERASURE_CANCELLED, user_id=viewer.user_id, session_id=viewer.session_id)
        mailing.promise(mailing.ERASURE_CANCELLED, user_id=viewer.user_id or NO_ID)
    return mine.get()


def promise_due() -> int:
    """Promise the erasure of those whose time of grace is over, each once; how many. Called periodically."""
    promised = OutboxMessage.objects.filter(topic=mailing.ERASURE, key=OuterRef("id"), done_at__isnull=True)
    due = User.objects.filter(_due()).exclude(Exists(promised)).order_by("erasure_due_at")
    with short_transaction():
        for person_id in (ids := list(due.values_list("id", flat=True)[:AT_ONCE])):
            outbox.enqueue(mailing.ERASURE, key=person_id)
    return len(ids)


def carry_out(message: OutboxMessage) -> outbox.Effect | None:
    """Send the last mail, then erase, if it is still wanted. Raises Postpone while something stands in its way.

    The address is read from the account and stands in no message. A mail server that is away for longer than
    mails.PATIENCE, or does not take the mail, keeps nobody from being erased.
    """
    person = User.objects.filter(_due(), id=message.key).first()
    if person is None:
        return None
    _check(person.id)
    try:
        mailing.send_last(message, person)
    except mails.MailServerAway:
        if person.erasure_due_at and timezone.now() < person.erasure_due_at + mails.PATIENCE:
            raise outbox.Postpone(mails.LONGEST_PAUSE) from None
        logger.warning("erased without a last mail: no mail server", extra={"user_id": str(person.id)})
    except mails.MailRefused as refusal:
        logger.warning("erased without a last mail", extra={"user_id": str(person.id), "error": str(refusal)})
    return functools.partial(_erase_due, person.id)


def _erase_due(person_id: UUID) -> None:
    """In the transaction that acknowledges the message. Raises Postpone when something came into its way meanwhile."""
    try:
        _erase(person_id, _due())
    except ErasureWaits:
        raise outbox.Postpone(ASKED_AGAIN) from None


def _check(person_id: UUID) -> None:
    if found := personal.obstacles([person_id])[person_id]:
        codes = [obstacle.code for obstacle in found]
        logger.info("an erasure waits", extra={"user_id": str(person_id), "obstacles": codes})
        raise outbox.Postpone(ASKED_AGAIN)


@retried
def erase(person_id: UUID) -> list[tuple[personal.Holding, int]]:
    """Erase a person now, asked or not; what was replaced or deleted, and how many rows of it.

    Raises ErasureWaits, and then nothing is written.
    """
    with transaction.atomic(durable=True):
        return _erase(person_id, Q())


def _erase(person_id: UUID, wanted: Q) -> list[tuple[personal.Holding, int]]:
    """In the caller's transaction. Nothing for somebody who is not `wanted` any more.

    Somebody who was erased before is erased again: staff may have written of them since.

    The account is locked first, so that nobody signs in or orders meanwhile, and what stands in the way is looked at
    last, when the rows that could bring it are locked too.
    """
    assert connection.in_atomic_block
    fetch_one("SELECT set_config('lock_timeout', %s, true)", LOCK_TIMEOUT)
    if User.objects.select_for_update().filter(wanted, id=person_id).first() is None:
        return []
    erased = personal.erase(person_id)
    if found := personal.obstacles([person_id])[person_id]:
        raise ErasureWaits(found)
    logger.info("a person was erased", extra={"user_id": str(person_id)})
    return erased


def erased_lately() -> UserQuerySet:
    """Those of whom a request that had begun before may have written something since."""
    return User.objects.get_queryset().filter(erased_at__gt=Now() - timedelta(days=1))


def _due() -> Q:
    return Q(erasure_due_at__lte=Now())
