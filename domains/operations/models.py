"""Dead letters of the outbox, as staff see them."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from domains.common.background.models import DEAD, OutboxMessage
from domains.common.viewer import Viewer


class FailedMessageQuerySet(models.QuerySet["FailedMessage"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """For staff alone, and while nobody has retried them."""
        return self.filter(DEAD) if viewer.is_staff else self.none()


class FailedMessage(OutboxMessage):
    """A message that failed so often that it is not tried any more: the dead letters of the outbox."""

    objects: ClassVar[models.Manager[FailedMessage]] = FailedMessageQuerySet.as_manager()

    class Meta:
        proxy = True
