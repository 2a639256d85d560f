"""A client of the public API that places one order at a time per thread, and does not give up at the first trouble."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

TIMEOUT = 30.0  # seconds for one answer
PATIENCE = 60.0  # seconds for one order with all its retries
PAUSE = 0.5  # seconds before a retry
PAYMENT_METHOD = "pm_card_visa"
RETRIED_CODES = frozenset({"RATE_LIMITED", "SERVICE_UNAVAILABLE"})
DOCUMENT = """
mutation ReplayInvoice($input: CreateOrderInput!) {
  createOrder(input: $input) {
    __typename
    ... on CreateOrderSuccess { replayed order { number status createdAt total { amount currencyCode } } }
    ... on UserError { code message }
  }
}
"""


class Unanswered(Exception):
    """No usable answer this time; the same call may be repeated, its key makes sure nothing is placed twice."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The order that the shop answers."""

    number: str
    status: str
    total: Decimal
    created_at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the shop placed nothing: the failure's type or error code, and its message."""

    reason: str
    message: str


class ShopClient:
    """`url` is the GraphQL endpoint. Each thread keeps one connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is not an http or https address")
        self._connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/") or "/graphql"
        self._local = threading.local()
        self._open: list[HTTPConnection] = []

    def close(self) -> None:
        """Close the connections of all threads, none of which may be calling."""
        for connection in self._open:
            connection.close()

    def check(self) -> None:
        """Raises Unanswered unless a GraphQL API answers."""
        answer = decode(self._post(json.dumps({"query": "{ __typename }"}).encode()))
        if (answer.get("data") or {}).get("__typename") is None:
            raise Unanswered("the answer to { __typename } has no data")

    def create_order(self, *, items: Mapping[str, int], key: UUID, token: str) -> Placed | Refused:
        """Order `items` (quantity by product id), trying again for up to PATIENCE seconds where that may help."""
        lines = [{"productId": product_id, "quantity": quantity} for product_id, quantity in items.items()]
        variables = {"input": {"lines": lines, "paymentMethod": PAYMENT_METHOD, "idempotencyKey": str(key)}}
        body = json.dumps({"query": DOCUMENT, "variables": variables}).encode()
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return read_answer(self._post(body, token))
            except Unanswered as trouble:
                if time.monotonic() > deadline:
                    return Refused("Unanswered", str(trouble))
                time.sleep(PAUSE)

    def _post(self, body: bytes, token: str | None = None) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json, application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection = self._connection()
        try:
            connection.request("POST", self._path, body=body, headers=headers)
            return connection.getresponse().read()
        except (OSError, HTTPException) as error:
            connection.close()  # the next request opens it anew
            raise Unanswered(f"{type(error).__name__}: {error}") from error

    def _connection(self) -> HTTPConnection:
        known: HTTPConnection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = self._connect(self._host, self._port, timeout=TIMEOUT)
            self._open.append(known)
        return known


def decode(content: bytes) -> dict[str, Any]:
    """The reply as an object. Raises Unanswered for anything else, such as a proxy's error page."""
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise Unanswered("the answer is not JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("data") or {}, dict):
        raise Unanswered("the answer is no GraphQL reply")
    return answer


def read_answer(content: bytes) -> Placed | Refused:
    """Raises Unanswered for what may turn out differently next time."""
    answer = decode(content)
    result = (answer.get("data") or {}).get("createOrder")
    if result is None:
        return _read_error(answer)
    if result["__typename"] in {
        "PaymentPendingError",
        "RateLimitedError",
    }:  # another one of the customer's is being paid
        raise Unanswered(result["message"])
    return _read_order(result) if "order" in result else Refused(result["__typename"], result["message"])


def _read_error(answer: dict[str, Any]) -> Refused:
    error = (answer.get("errors") or [{}])[0]
    code = (error.get("extensions") or {}).get("code", "no code")
    message = error.get("message", "neither data nor errors")
    if code in RETRIED_CODES:
        raise Unanswered(f"{code}: {message}")
    return Refused(code, message)


def _read_order(result: dict[str, Any]) -> Placed:
    order = result["order"]
    return Placed(
        number=order["number"],
        status=order["status"],
        total=Decimal(order["total"]["amount"]),
        created_at=datetime.fromisoformat(order["createdAt"]),
        replayed=result["replayed"],
    )
