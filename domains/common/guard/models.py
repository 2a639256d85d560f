"""What throttling remembers."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from domains.common.data.models import BaseModel


class Attempts(BaseModel):
    """When the latest attempts of somebody were made, at most as many as are allowed in a period: see `throttling`."""

    key = models.CharField(max_length=64, unique=True, help_text="keyed hash of who and what")
    made_at = ArrayField(models.DateTimeField(), default=list, help_text="those that count")
    pending_at = ArrayField(
        models.DateTimeField(), default=list, db_default=[], help_text="those whose outcome is not known yet"
    )
    expires_at = models.DateTimeField(help_text="from then on the row says nothing more")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="attempts_expired")]
