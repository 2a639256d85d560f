"""People who repeat a call with its key until it is answered, whatever happens to the connection."""

from __future__ import annotations

import http.client
import threading
import urllib.error
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any
from uuid import UUID, uuid4

from tests.domains.orders.shop import ADDRESS
from tests.processes import wait_until
from tests.promises.shoppers import post

PATIENCE = 90.0  # seconds for one call with all its repetitions
DELIVERED = 0.7  # of the orders
CUT_OFF = 0.15  # of the calls are broken off by the client itself
METHODS = {"pm_card_visa": 80, "pm_sandbox_slow": 8, "pm_card_chargeDeclined": 10, "pm_sandbox_timeout": 2}
AWAY = {"SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"}  # what a database that is away ends in
ORDER = "order { id status }"


class Caller:
    """Somebody with a token."""

    def __init__(self, url: str, token: str, random: Random) -> None:
        self.repeated = 0
        self._url = url
        self._token = token
        self._random = random

    def call(self, mutation: str, selection: str, **fields: Any) -> dict[str, Any]:
        """The first answer that is final."""
        kind = f"{mutation[0].upper()}{mutation[1:]}"
        query = f"""mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ __typename
            ... on {kind}Success {{ {selection} }} ... on UserError {{ code message }}
            {"... on InvalidStateError { status }" if mutation != "createOrder" else ""} }} }}"""
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            answer = self._try(query, {"input": fields})
            final = answer is not None and not _undecided(answer[mutation])
            answers.extend([answer[mutation]] if answer is not None and final else [])
            self.repeated += not final
            return final

        wait_until(answered, what=f"{mutation} is answered", seconds=PATIENCE, longest=0.5)
        return answers[0]

    def _try(self, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        hasty = self._random.random() < CUT_OFF
        timeout = self._random.uniform(0.005, 0.2) if hasty else 30
        try:
            answer = post(self._url, self._token, query, variables, timeout=timeout)
        except urllib.error.HTTPError as error:
            if error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes <= AWAY, answer
        return None if codes else answer["data"]


def _undecided(result: dict[str, Any]) -> bool:
    """Whether the call is worth repeating: the provider is still asked, or another operation is running."""
    waits = result["__typename"] == "InvalidStateError" and "still running" in result["message"]
    return result["__typename"] == "PaymentPendingError" or waits


@dataclass
class Customer:
    """Orders one thing after the other until told to stop, and lets staff fulfil, refund or cancel some."""

    me: Caller
    staff: Caller
    goods: list[str]
    delivery_method: str
    random: Random
    keys: list[UUID] = field(default_factory=list)
    placed: dict[str, UUID] = field(default_factory=dict)
    declined: int = 0

    def shop(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._order()

    def _order(self) -> None:
        key = uuid4()
        self.keys.append(key)
        goods = self.random.sample(self.goods, self.random.randint(1, 3))
        lines = [{"productId": product, "quantity": self.random.randint(1, 3)} for product in goods]
        [method] = self.random.choices(list(METHODS), list(METHODS.values()))
        order: dict[str, Any] = {"lines": lines, "paymentMethod": method, "idempotencyKey": str(key)}
        if self.random.random() < DELIVERED:
            order["delivery"] = {"methodId": self.delivery_method, "address": ADDRESS}
        result = self.me.call("createOrder", ORDER, **order)
        if method == "pm_card_chargeDeclined":
            assert result["__typename"] == "PaymentDeclinedError", result
            self.declined += 1
            return
        assert result["__typename"] == "CreateOrderSuccess", result
        assert result["order"]["status"] == "CONFIRMED", result
        assert result["order"]["id"] not in self.placed
        self.placed[result["order"]["id"]] = key
        self._go_on_with(result["order"]["id"])

    def _go_on_with(self, order_id: str) -> None:
        fate = self.random.random()
        if fate < 0.15:
            self._reach("CANCELLED", self.me.call("cancelOrder", ORDER, orderId=order_id))
        elif fate < 0.4:
            self._reach("FULFILLED", self.staff.call("fulfillOrder", ORDER, orderId=order_id))
        if 0.3 < fate < 0.4:
            refund = {"amount": "1.00", "reason": "Scratched", "idempotencyKey": str(uuid4())}
            result = self.staff.call("refundOrder", ORDER, orderId=order_id, **refund)
            assert result["__typename"] == "RefundOrderSuccess", result

    def _reach(self, status: str, result: dict[str, Any]) -> None:
        """The call did it, or an earlier one of the same call whose answer got lost."""
        assert result.get("order", result)["status"] == status, result
