"""Web, worker and relay of a shop, tended as the supervisor of a container does."""

from __future__ import annotations

from dataclasses import dataclass

from harness import Shop, Web

from backend.dev.processes import Child


@dataclass
class Stack:
    """What is there of each."""

    shop: Shop
    web: Web
    relay: Child
    worker: Child

    def tend(self) -> None:
        """A worker that holds unacknowledged work ends when its connection to the broker breaks (kombu 5.7)."""
        if self.worker.process.poll() is not None:
            self.shop.gone(self.worker)
            self.worker = self.shop.worker()


def stack_on(shop: Shop) -> Stack:
    """One that is ready: it reaches its servers."""
    return Stack(shop, relay=shop.relay(), worker=shop.worker(), web=shop.web())
