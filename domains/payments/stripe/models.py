"""The inbox of Stripe's webhooks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from domains.common.data.models import BaseModel


class WebhookEvent(BaseModel):
    """An event that Stripe sent once or more often; `event_id` makes each count once."""

    event_id = models.CharField(max_length=255, unique=True, help_text="evt_..., Stripe's id of the news")
    type = models.CharField(max_length=100, help_text="for the record: the intent is read anew whatever it says")
    intent_id = models.CharField(
        max_length=100, default="", blank=True, help_text="empty when it is about something else"
    )
    processed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="webhook_created")]


class EventsFetch(BaseModel):
    """Up to when the undelivered events have been fetched. One row."""

    until = models.DateTimeField(help_text="all that happened before, and that Stripe could not deliver, is here")
