"""People who also change their minds and follow their orders, and somebody of the shop who sends them."""

from __future__ import annotations

import threading
from typing import Any, override
from urllib.parse import urlsplit

from tests.promises.followers import Follower
from tests.promises.innocents import MINE, Deed, Innocent

CANCEL = "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }"
SEND = "mutation ($input: FulfillOrderInput!) { fulfillOrder(input: $input) { __typename } }"
CONFIRMED = "{ orders(first: 20, filter: { status: [CONFIRMED] }) { nodes { id } } }"


class Regular(Innocent):
    """A customer."""

    @property
    @override
    def deeds(self) -> list[Deed]:
        return [*super().deeds, self._cancel, self.follow]

    def _orders(self, stop: threading.Event) -> list[dict[str, Any]]:
        answer = self.ask(MINE, stop)
        orders: list[dict[str, Any]] = answer["orders"]["nodes"] if answer else []
        return orders

    def _cancel(self, stop: threading.Event) -> None:
        if open_ := [order["id"] for order in self._orders(stop) if order["status"] == "CONFIRMED"]:
            self.ask(CANCEL, stop, input={"orderId": self.random.choice(open_)})

    def follow(self, stop: threading.Event) -> None:
        """One of theirs, for two seconds."""
        if orders := self._orders(stop):
            with Follower(urlsplit(self.url).port or 0, self.token, orders[0]["id"]) as follower:
                assert follower.hears('"status"'), follower.text
                stop.wait(2)


class Clerk(Innocent):
    """Somebody of the shop, who sends one order after the other."""

    @property
    @override
    def deeds(self) -> list[Deed]:
        return [self._send]

    def _send(self, stop: threading.Event) -> None:
        answer = self.ask(CONFIRMED, stop)
        for order in (answer or {"orders": {"nodes": []}})["orders"]["nodes"][:2]:
            self.ask(SEND, stop, input={"orderId": order["id"]})
