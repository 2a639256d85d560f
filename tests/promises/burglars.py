"""Whoever guesses passwords: many at once, many guesses a document, from addresses that they choose."""

from __future__ import annotations

import http.client
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import urlsplit

GUESSES_A_DOCUMENT = 50
CONNECTIONS = 16
PATIENCE = 60  # seconds for an answer
NAMES = [f"a{number}: login(input: {{email: $email, password: $p{number}}}) {{ __typename }}" for number in range(50)]
VARIABLES = ", ".join(f"$p{number}: String!" for number in range(50))
# Half of the guesses are aliases in the operation, half come out of fragments in fragments.
DOCUMENT = f"""mutation ($email: String!, {VARIABLES}) {{ {" ".join(NAMES[:25])} ...Outer }}
    fragment Outer on Mutation {{ ...Inner }} fragment Inner on Mutation {{ {" ".join(NAMES[25:])} }}"""


class Connection:
    """To the server behind one trusted proxy, which appends the real address to what the client claims."""

    def __init__(self, url: str, address: str) -> None:
        parts = urlsplit(url)
        self._http = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
        self._address = address

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer."""
        claimed = f"203.0.113.{random.randrange(256)}"
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"{claimed}, {self._address}"}
        self._http.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}), headers)
        answer = json.loads(self._http.getresponse().read())
        data: dict[str, Any] = answer["data"]
        assert "errors" not in answer, answer["errors"]
        return data

    def close(self) -> None:
        self._http.close()


def sign_in(url: str, email: str, password: str, *, address: str) -> str:
    """How it ends."""
    query = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
    with closing(Connection(url, address)) as connection:
        outcome: str = connection.ask(query, input={"email": email, "password": password})["login"]["__typename"]
    return outcome


def guess(url: str, email: str, count: int, *, addresses: Sequence[str]) -> Counter[str]:
    """How so many guesses end, made over CONNECTIONS connections which share the addresses."""
    share = count // GUESSES_A_DOCUMENT // CONNECTIONS or 1
    calls = [partial(_burgle, url, email, share, addresses[n % len(addresses)]) for n in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return _sum(pool.map(lambda call: call(), calls))


def _burgle(url: str, email: str, documents: int, address: str) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    with closing(Connection(url, address)) as connection:
        for _ in range(documents):
            passwords = {f"p{number}": f"guess {random.random()}" for number in range(GUESSES_A_DOCUMENT)}
            answers = connection.ask(DOCUMENT, email=email, **passwords)
            outcomes.update(answer["__typename"] for answer in answers.values())
    return outcomes


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total
