"""Webhooks as a bad network delivers them: some twice or three times, some never, in any order, newly signed."""

from __future__ import annotations

import heapq
import itertools
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

import stripe

COPIES = (0, 1, 1, 1, 2, 3)  # how often an event arrives; each share is the same
MOST_DELAY = 1.5  # seconds


class Storm(threading.Thread):
    """Sends what it is told to `target`; `counts` says what became of it."""

    def __init__(self, secret: str, *, seed: int) -> None:
        super().__init__(daemon=True)
        self.target = ""
        self.counts: Counter[str] = Counter()
        self._secret = secret
        self._random = random.Random(seed)
        self._waiting: list[tuple[float, int, str]] = []
        self._open = 0  # that wait or are being sent
        self._number = itertools.count()
        self._changed = threading.Condition()

    def tell(self, event: dict[str, Any]) -> None:
        with self._changed:
            copies = self._random.choice(COPIES)
            self.counts["events"] += 1
            self._open += copies
            self.counts["dropped"] += not copies
            self.counts["duplicates"] += max(copies - 1, 0)
            for _ in range(copies):
                at = time.monotonic() + self._random.uniform(0, MOST_DELAY)
                heapq.heappush(self._waiting, (at, next(self._number), json.dumps(event)))
            self._changed.notify()

    def is_over(self) -> bool:
        """Whether all that it was told has been sent."""
        return self._open == 0

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting or self._waiting[0][0] > time.monotonic():
                    left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                    self._changed.wait(left)
                body = heapq.heappop(self._waiting)[2]
            self.counts[self._send(body)] += 1
            with self._changed:
                self._open -= 1

    def _send(self, body: str) -> str:
        signature = stripe.WebhookSignature.generate_signature_header(body, self._secret)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.target, body.encode(), headers), timeout=10
            ) as answer:
                return f"answered {answer.status}"
        except urllib.error.HTTPError as error:
            return f"answered {error.code}"
        except (OSError, ValueError):
            return "not delivered"
