"""Many people who shop at once, over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from domains.accounts.jwt import AccessClaims, write_access_token
from domains.accounts.models import Session, User
from domains.delivery.models import DeliveryMethod
from domains.products.models import Product
from tests.api import gid, sign_in
from tests.domains.orders.shop import ADDRESS
from tests.factories import SessionFactory, UserFactory

CREATE = """mutation ($input: CreateOrderInput!) { createOrder(input: $input) { __typename
    ... on CreateOrderSuccess { replayed order { id status } } ... on UserError { code } } }"""
TIMEOUT = 30  # seconds


def post(url: str, token: str, query: str, variables: dict[str, Any], *, timeout: float = TIMEOUT) -> dict[str, Any]:
    """One request. Raises OSError when the server is away."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


class Shopper:
    """A signed-in customer."""

    def __init__(self, url: str, user: User, *, token: str | None = None) -> None:
        self.url = url
        self.user = user
        self.token = token or sign_in(user).access_token

    def buy(self, *products: Product, **how: Any) -> dict[str, Any]:
        """The result of createOrder for one piece of each, as `wanted` says."""
        answer = post(self.url, self.token, CREATE, {"input": wanted(*products, **how)})
        assert answer.get("data"), answer.get("errors")
        result: dict[str, Any] = answer["data"]["createOrder"]
        return result


def wanted(
    *products: Product, method: str = "pm_card_visa", key: UUID | None = None, by: DeliveryMethod | None = None
) -> dict[str, Any]:
    """The input of createOrder for one piece of each, in this order, delivered by that method if any."""
    lines = [{"productId": gid(product), "quantity": 1} for product in products]
    to = {"delivery": {"methodId": gid(by), "address": ADDRESS}} if by else {}
    return {"lines": lines, "paymentMethod": method, "idempotencyKey": str(key or uuid4()), **to}


def crowd(url: str, count: int) -> list[Shopper]:
    """So many signed-in customers, made in two statements."""
    users = User.objects.bulk_create(UserFactory.build_batch(count, proven=True))
    sessions = Session.objects.bulk_create(SessionFactory.build(user=user) for user in users)
    return [Shopper(url, session.user, token=_token(session)) for session in sessions]


def _token(session: Session) -> str:
    claims = AccessClaims(session.user.id, session.id, session.user.token_version)
    return write_access_token(claims, expires_at=timezone.now() + timedelta(hours=1))


def at_once[T](calls: Iterable[Callable[[], T]], *, threads: int) -> list[T]:
    """The results of the calls, so many at a time."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda call: call(), calls))


def outcomes(results: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(result["__typename"] for result in results)
