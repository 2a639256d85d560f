"""Many people who shop at once, over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from domains.accounts.models import User
from domains.products.models import Product
from tests.api import gid, sign_in

CREATE = """mutation ($input: CreateOrderInput!) { createOrder(input: $input) { __typename
    ... on CreateOrderSuccess { replayed order { id status } } ... on UserError { code } } }"""
TIMEOUT = 30  # seconds


def post(url: str, token: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """One request. Raises OSError when the server is away."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


class Shopper:
    """A signed-in customer."""

    def __init__(self, url: str, user: User) -> None:
        self.url = url
        self.token = sign_in(user).access_token

    def buy(self, product: Product, *, method: str = "pm_card_visa", key: UUID | None = None) -> dict[str, Any]:
        """The result of createOrder for one piece."""
        line = {"productId": gid(product), "quantity": 1}
        order = {"lines": [line], "paymentMethod": method, "idempotencyKey": str(key or uuid4())}
        answer = post(self.url, self.token, CREATE, {"input": order})
        result: dict[str, Any] = answer["data"]["createOrder"]
        return result


def at_once[T](calls: Iterable[Callable[[], T]], *, threads: int) -> list[T]:
    """The results of the calls, so many at a time."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda call: call(), calls))


def outcomes(results: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(result["__typename"] for result in results)
