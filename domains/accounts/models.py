"""People, their sessions, and what happened to both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Self
from uuid import UUID

import idna
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from domains.accounts.jwt import RefreshTokenBase
from domains.common.data.folding import FoldedField, FoldedModel, FoldedQuerySet, folded, searchable
from domains.common.data.models import NO_ID, BaseModel
from domains.common.data.searching import words_of
from domains.common.validation import visible
from domains.common.viewer import Viewer, client_address

MAX_DOMAIN_CHARACTERS = 253  # of DNS
ERASED_DOMAIN = "@erased.invalid"  # of nameless accounts: RFC 2606 keeps `.invalid` free for ever


def normalize_email(email: str) -> str:
    """The e-mail as it is kept and compared: in small letters, its domain as DNS knows it (IDNA, UTS 46).

    A domain that DNS cannot know stays as it is.
    """
    local, at, domain = email.strip().lower().rpartition("@")
    if domain.isascii() or len(domain) > MAX_DOMAIN_CHARACTERS or visible(domain) != domain:
        return local + at + domain
    with suppress(idna.IDNAError):
        domain = idna.encode(domain, uts46=True).decode()
    return local + at + domain


def email_key(email: str) -> str:
    """By which an e-mail or its beginning is found: folded, its domain in the letters that people read."""
    local, at, domain = email.rpartition("@")
    with suppress(idna.IDNAError):
        domain = idna.decode(domain) if "xn--" in domain.lower() else domain
    return folded(local + at + domain)


class UserQuerySet(FoldedQuerySet["User"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Oneself; staff see everybody."""
        return self if viewer.is_staff else self.filter(id=viewer.user_id)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, viewer: Viewer) -> UserQuerySet:
        return self.get_queryset().visible_to(viewer)


class User(FoldedModel, AbstractBaseUser):
    """A person who signs in by e-mail."""

    email = models.EmailField(unique=True, help_text="Sign-in name, in small letters, its domain in ASCII (IDNA).")
    name = models.CharField(max_length=150, help_text="What to call this person, 1 to 150 characters.")
    is_staff = models.BooleanField(default=False, help_text="Whether this person manages the catalogue and all orders.")
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True)
    pending_email = models.EmailField(default="", help_text="becomes `email` when the link sent to it is opened")
    token_version = models.PositiveIntegerField(default=0, help_text="raised to end every access token at once")
    version = models.PositiveIntegerField(default=1, help_text="Raised by each change; send it as `expectedVersion`.")
    erasure_due_at = models.DateTimeField(
        null=True, help_text="When what is held of this person is erased; null when nobody has asked for that."
    )
    erased_at = models.DateTimeField(
        null=True,
        help_text="When what was held of this person was erased: the name is empty since, the e-mail nobody's.",
    )
    name_words = FoldedField(of=["name"], fold=searchable)
    email_key = FoldedField(of=["email"], fold=email_key)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    unique_by: ClassVar[dict[str, Callable[[str], str]]] = {"email": normalize_email}
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(words_of("name_words"), name="user_by_words"),
            models.Index(fields=["email_key"], opclasses=["text_pattern_ops"], name="user_by_email_key"),
            models.Index(fields=["created_at", "id"], name="user_by_age"),
            models.Index(fields=["created_at", "id"], condition=models.Q(is_staff=True), name="staff_by_age"),
            *(
                models.Index(
                    fields=[moment], condition=models.Q((f"{moment}__isnull", False)), name=f"user_by_{moment}"
                )
                for moment in ("erasure_due_at", "erased_at")
            ),
        ]

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own, also for staff."""
        return self.filter(user_id=viewer.user_id)

    def alive(self) -> Self:
        """Neither revoked nor past their absolute end, of an active person."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=Now(), user__is_active=True)


class Session(BaseModel):  # type: ignore[django-manager-missing]  # the base of RefreshToken is untyped
    """One signed-in device: the family of all tokens that came from one sign-in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    user_agent = models.CharField(
        max_length=300, default="", help_text="What the client called itself at sign-in; may be empty."
    )
    ip_address = models.GenericIPAddressField(null=True, help_text="Where the sign-in came from, IPv4 or IPv6.")
    last_used_at = models.DateTimeField(help_text="When its tokens were last refreshed.")
    expires_at = models.DateTimeField(help_text="Its absolute end; refreshing does not move it.")
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Session]] = SessionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-created_at"], name="session_by_user"),
            models.Index(fields=["expires_at"], name="session_by_end"),
        ]


class KnownNetwork(BaseModel):
    """A network from which a person has proven lately who they are: see `throttling`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    network = models.CharField(max_length=43, help_text="an IPv4 address, or the /64 of an IPv6 address")
    seen_at = models.DateTimeField(help_text="the latest time")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "network"], name="network_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["seen_at"], name="network_by_age")]


class RefreshToken(BaseModel, RefreshTokenBase):  # type: ignore[misc, django-manager-missing]
    """One generation of a session's refresh secret; only its sha256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refresh_tokens")
    token = models.CharField(max_length=64, unique=True, editable=False, help_text="sha256 of the secret, hex")
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = []

    def __str__(self) -> str:
        return f"refresh token of session {self.session_id}"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own, also for staff; those that name nobody are nobody's."""
        return self.filter(user_id=viewer.user_id or NO_ID)


class AuditEvent(BaseModel):
    """One thing that happened to an account's security: ids, a time and an address; no e-mail, name or secret.

    Kept AUDIT_RETENTION_DAYS. `user` is empty where a sign-in or a reset named nobody.
    """

    class Type(models.TextChoices):
        REGISTERED = "REGISTERED", "The account was made."
        SIGNED_IN = "SIGNED_IN", "Somebody signed in."
        SIGN_IN_FAILED = "SIGN_IN_FAILED", "Somebody tried a wrong password."
        SIGNED_OUT = "SIGNED_OUT", "A session was ended from within."
        SIGNED_OUT_EVERYWHERE = "SIGNED_OUT_EVERYWHERE", "All sessions were ended at once."
        SESSION_REVOKED = "SESSION_REVOKED", "A session was ended from another one."
        REFRESH_REUSED = "REFRESH_REUSED", "A used refresh token came again, as if stolen; its session ended."
        PASSWORD_REFUSED = "PASSWORD_REFUSED", "Somebody who was signed in gave a wrong current password."
        PASSWORD_CHANGED = "PASSWORD_CHANGED", "The password was changed by somebody who knew the old one."
        PASSWORD_RESET_REQUESTED = "PASSWORD_RESET_REQUESTED", "Somebody asked for a link that resets the password."
        PASSWORD_RESET = "PASSWORD_RESET", "The password was set by a mailed link."
        EMAIL_CHANGE_REQUESTED = "EMAIL_CHANGE_REQUESTED", "A new e-mail was asked for."
        EMAIL_CHANGED = "EMAIL_CHANGED", "The new e-mail was verified and holds."
        EMAIL_VERIFIED = "EMAIL_VERIFIED", "The e-mail was verified."
        DEACTIVATED = "DEACTIVATED", "The account was closed."
        ERASURE_REQUESTED = "ERASURE_REQUESTED", "The person asked that all that is held of them be erased."
        ERASURE_CANCELLED = "ERASURE_CANCELLED", "They took that back."
        STAFF_REVOKED = "STAFF_REVOKED", "The account is a staff account no more."

    type = models.CharField(max_length=32, choices=Type, help_text="What happened.")
    # No constraint: checking it would take longer, and wait for locks, only where the account exists.
    user = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    session_id = models.UUIDField(null=True, help_text="no foreign key: sessions are purged earlier")
    ip_address = models.GenericIPAddressField(
        null=True, help_text="Where it was asked for, IPv4 or IPv6; null for commands."
    )

    objects: ClassVar[models.Manager[AuditEvent]] = AuditEventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-created_at"], name="audit_by_user"),
            models.Index(fields=["created_at"], name="audit_by_age"),
        ]

    @classmethod
    def record(cls, type_: Type, *, user_id: UUID | None, session_id: UUID | None = None) -> None:
        """Add one event, in the transaction of the change itself. `user_id` is None when nobody is known."""
        cls.objects.create(type=type_, user_id=user_id, session_id=session_id, ip_address=client_address.get())
