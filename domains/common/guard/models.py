"""What throttling remembers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from domains.common.data.models import BaseModel


class Attempt(BaseModel):
    """One attempt that takes one place in one budget until it expires: see `throttling`."""

    key = models.CharField(max_length=64, help_text="keyed hash of the budget's name and subject")
    pending = models.BooleanField(default=True, help_text="its outcome is not known yet")
    expires_at = models.DateTimeField(help_text="from then on it does not count")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["key", "expires_at"], name="attempt_by_key"),
            models.Index(fields=["expires_at"], name="attempt_expired"),
        ]
