"""How many streams one person may have open on one process."""

from __future__ import annotations

import threading
from collections import Counter
from uuid import UUID

from django.conf import settings


class Slots:
    """Counts open streams by user; nobody counts as one user."""

    def __init__(self) -> None:
        self._taken: Counter[UUID | None] = Counter()
        self._lock = threading.Lock()

    def take(self, user_id: UUID | None) -> bool:
        """False when all are taken. Whoever got True gives back."""
        with self._lock:
            if self._taken[user_id] >= settings.STREAMS_PER_USER:
                return False
            self._taken[user_id] += 1
            return True

    def give_back(self, user_id: UUID | None) -> None:
        with self._lock:
            self._taken[user_id] -= 1
            if not self._taken[user_id]:
                del self._taken[user_id]


slots = Slots()
