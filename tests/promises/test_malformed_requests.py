"""Promise: malformed requests, the same each time, get JSON with a code, and none breaks the server."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import orjson
import pytest

from tests.factories import ProductFactory
from tests.promises.figures import figures, size
from tests.schema.wire import GRAPHQL, JSON, get, post

SEEDS = range(size(300, 10_000))
GOOD: list[dict[str, Any]] = [
    {"query": '{ products(first: 2, filter: {search: "oak"}) { nodes { name price { amount } } totalCount } }'},
    {"query": "query Q($id: ID!) { node(id: $id) { ... on Product { sku } } }", "variables": {"id": "UHJvZHVjdDox"}},
    {"query": "query ($by: ProductBy!) { product(by: $by) { id } }", "variables": {"by": {"sku": "SKU-1"}}},
    {"query": "{ a: __typename ...F } fragment F on Query { categories { slug } }", "operationName": None},
    {"query": 'mutation { login(input: {email: "a@example.com", password: "x"}) { __typename } }'},
]
PIECES = ["\x00", "{", "}", "(", ")", '"', '"""', "\\", "\\u0000", "...", "$", "@skip(if: 1)", "[", "-", "9" * 400, "é"]
VALUES: list[Any] = [None, True, 0, -1, 1e308, 2**63, "", "\x00", "x" * 5_000, [], {}, [[[]]], {"a": {"b": [None]}}]
HEADERS = ["", "*/*", "text/html", JSON, GRAPHQL, ";q=", "a/b;q=0", "Bearer", "Bearer \xff.\xff.\xff", "\x7f", "é"]


def mutated(random: Random, text: str) -> str:
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice([0, 0, 1, 1, 5, 30]))
        text = text[:start] + random.choice([*PIECES, "", text[start:end] * 3]) + text[end:]
    return text


def replaced(random: Random, request: dict[str, Any]) -> dict[str, Any]:
    """One member, or one variable, replaced by something else."""
    name = random.choice(["query", "variables", "operationName", "extensions", "variables.x"])
    if name == "variables.x":
        return {**request, "variables": {key: random.choice(VALUES) for key in request.get("variables", {"id": 1})}}
    return {**request, name: random.choice(VALUES)}


def malformed(random: Random) -> bytes:
    request = random.choice(GOOD)
    kind = random.randrange(4)
    if kind == 0:
        return random.randbytes(random.randint(1, 200))
    if kind == 1:
        return mutated(random, orjson.dumps(request).decode()).encode()
    if kind == 2:
        return orjson.dumps({**request, "query": mutated(random, request["query"])})
    return orjson.dumps(replaced(random, request), default=str)


def send(random: Random) -> Any:
    body = malformed(random)
    names = random.sample(["Accept", "Authorization", "X-Request-ID"], random.choice([0, 0, 0, 1, 2]))
    headers = {name: random.choice(HEADERS) for name in names}
    if random.random() < 0.2:
        return get({"Accept": JSON, **headers}, query=body.decode("latin-1"), variables=random.choice(HEADERS))
    return post(body, content_type=random.choice([JSON] * 8 + HEADERS), **headers)


@pytest.mark.django_db
@pytest.mark.parametrize("third", [0, 1, 2])
def test_malformed_requests_get_json_with_a_code_and_never_break_the_server(third: int) -> None:
    ProductFactory.create()
    statuses: Counter[int] = Counter()
    for seed in SEEDS[third::3]:
        response = send(Random(seed))
        statuses[response.status_code] += 1
        assert response.status_code < 500, seed
        if response.headers["Content-Type"].startswith("text/html"):
            continue  # a header that asks for a page gets GraphiQL
        answer = orjson.loads(response.content)
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        assert codes or answer["data"] is not None, seed
        assert "INTERNAL_SERVER_ERROR" not in codes, seed
    figures(f"malformed_requests, part {third}", **{f"status_{code}": n for code, n in sorted(statuses.items())})
