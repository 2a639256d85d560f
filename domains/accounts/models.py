"""People and their sessions."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from domains.accounts.jwt import RefreshTokenBase
from domains.common.models import BaseModel
from domains.common.viewer import Viewer


def normalize_email(email: str) -> str:
    """E-mails are compared without case: they are kept in small letters."""
    return email.strip().lower()


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Oneself; staff see everybody."""
        return self if viewer.is_staff else self.filter(id=viewer.user_id)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, viewer: Viewer) -> UserQuerySet:
        return self.get_queryset().visible_to(viewer)


class User(BaseModel, AbstractBaseUser):
    """A person who signs in by e-mail."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True)
    token_version = models.PositiveIntegerField(default=0, help_text="raised to end every access token at once")
    version = models.PositiveIntegerField(default=1)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own, also for staff."""
        return self.filter(user_id=viewer.user_id)

    def alive(self) -> Self:
        """Neither revoked nor past their absolute end, of an active person."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True)


class Session(BaseModel):  # type: ignore[django-manager-missing]  # the base of RefreshToken is untyped
    """One signed-in device: the family of all tokens that came from one sign-in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    user_agent = models.CharField(max_length=300, default="")
    ip_address = models.GenericIPAddressField(null=True)
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="absolute end; rotation does not move it")
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Session]] = SessionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "-created_at"], name="session_by_user")]


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
