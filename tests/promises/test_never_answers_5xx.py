"""Promise: no query made up from the schema breaks the server; a refusal has a code and no word of our insides."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from tests.api import sign_in
from tests.domains.orders.shop import DATABASES
from tests.factories import ProductFactory, StaffFactory, UserFactory
from tests.processes import Stack, running
from tests.promises.figures import Rounds, figures, size

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

JSON, EVENTS = "application/json", "text/event-stream"
EXAMPLES = size(4, 1_000)  # of each operation
SDL = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"
INSIDES = re.compile(
    r"psycopg|django|sqlstate|Traceback|DoesNotExist|IntegrityError|DataError|ProgrammingError|OperationalError|"
    r"violates|relation \\?\"|SELECT |INSERT |(accounts|products|orders|payments|common)_[a-z]+|\.py\b|0x[0-9a-f]{8}"
)

schemathesis.graphql.scalar("Decimal", st.sampled_from(["0", "1.00", "-3", "1e9", "29.999"]).map(nodes.String))
schemathesis.graphql.scalar("DateTime", st.datetimes().map(lambda moment: nodes.String(f"{moment.isoformat()}Z")))
schemathesis.graphql.scalar("UUID", st.uuids().map(str).map(nodes.String))


def operations() -> dict[str, Any]:
    """Every root field with what makes up queries for it."""
    results: Any = schemathesis.graphql.from_file(SDL.read_text()).get_all_operations()
    return {operation.label: operation for operation in (result.ok() for result in results)}


def test_every_answer_has_data_or_codes_and_never_our_insides(transactional_db: None, tmp_path: Path) -> None:
    ProductFactory.create_batch(3)
    known = operations()
    rounds = Rounds("never_answers_5xx", len(known))
    with running(tmp_path / "mails", "web") as stack:
        for number in rounds:
            label, operation = sorted(known.items())[number]
            rounds.finish(number, **_asked(stack, operation, label))
    total = rounds.total
    figures("never_answers_5xx", operations=len(known), **dict(sorted(total.items())))
    assert total["requests"] >= EXAMPLES * len(known) * 0.5  # a small field has few different queries
    assert total["INTERNAL_SERVER_ERROR"] == 0


def _asked(stack: Stack, operation: Any, label: str) -> Counter[str]:
    """What the answers to all examples of one operation were, as JSON and as an event stream."""
    people = [None, UserFactory.create(), StaffFactory.create()]
    tokens = [sign_in(user).access_token if user else None for user in people]
    told: Counter[str] = Counter()
    with closing(HTTPConnection("127.0.0.1", stack.port, timeout=60)) as connection:

        @settings(
            max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=HealthCheck
        )
        @given(case=operation.as_strategy(), token=st.sampled_from(tokens), accept=st.sampled_from([JSON, EVENTS]))
        def answers(case: Any, token: str | None, accept: str) -> None:
            status, text = _ask(connection, case.body, token, accept)
            assert status < 500, (label, case.body)
            assert not (word := INSIDES.search(text)), (label, word, case.body)
            answer = json.loads(text if accept == JSON else text.split("\n")[1].removeprefix("data: "))
            codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
            assert codes or answer["data"] is not None
            assert "INTERNAL_SERVER_ERROR" not in codes, (label, case.body)
            told.update(["requests", *set(codes)])

        answers()
    return told


def _ask(connection: HTTPConnection, query: str, token: str | None, accept: str) -> tuple[int, str]:
    headers = {"Content-Type": JSON, "Accept": accept, **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request("POST", "/graphql", json.dumps({"query": query}), headers)
    response = connection.getresponse()
    return response.status, response.read().decode()
