"""The documents that a deployment trusts."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class TrustedDocument(models.Model):
    """A GraphQL document that clients may name instead of sending it."""

    identifier = models.CharField(max_length=128, primary_key=True, help_text="as the client's manifest has it")
    sha256 = models.CharField(max_length=64, db_index=True, help_text="of the text, in hexadecimal")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
