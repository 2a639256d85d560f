"""What accounts hold of people, and the nameless account that stays of one."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db.models import F, Model, Q
from django.db.models.functions import Coalesce, Now

from domains.accounts import throttling
from domains.accounts.models import ERASED_DOMAIN, AuditEvent, KnownNetwork, RefreshToken, Session, User
from domains.common.data.personal import Holding, columns
from domains.common.guard.models import Attempt


def nameless_email(person_id: UUID) -> str:
    """An address that cannot be."""
    return f"{person_id}{ERASED_DOMAIN}"


def _nobodys(person_id: UUID) -> Q:
    """Events that name nobody and came from an address of this person's: a mistyped e-mail, most likely."""
    mine: tuple[type[Model], ...] = (Session, AuditEvent)
    known = (one._default_manager.filter(user_id=person_id, ip_address__isnull=False) for one in mine)
    sessions, events = (rows.values("ip_address") for rows in known)
    return Q(Q(ip_address__in=sessions) | Q(ip_address__in=events), user__isnull=True)


HOLDINGS = (
    # First: those below tell which addresses, and which e-mail.
    Holding(AuditEvent, _nobodys, erased={"ip_address": None}),
    Holding(Attempt, lambda person_id: Q(key__in=throttling.keys_of(person_id))),
    Holding(
        User,
        "id",
        "account",
        columns(
            *("id", "email", "pending_email", "email_verified_at", "name", "is_staff", "is_active"),
            *("created_at", "updated_at", "erasure_due_at"),
        ),
        erased={
            "email": nameless_email,
            "pending_email": "",
            "email_verified_at": None,
            "name": "",
            "password": lambda person_id: make_password(None),
            "is_staff": False,
            "is_active": False,
            "token_version": F("token_version") + 1,
            "version": F("version") + 1,
            "erasure_due_at": None,
            "erased_at": Coalesce("erased_at", Now()),
            "updated_at": Now(),
        },
    ),
    Holding(RefreshToken, "user_id"),
    Holding(
        Session,
        "user_id",
        "sessions",
        columns("user_agent", "ip_address", "created_at", "last_used_at", "expires_at", "revoked_at"),
    ),
    Holding(KnownNetwork, "user_id", "knownNetworks", columns("network", "created_at", "seen_at")),
    Holding(AuditEvent, "user_id", "auditEvents", columns("type", "ip_address", "created_at")),
)
IMPERSONAL: dict[type[Model], tuple[str, ...]] = {}
