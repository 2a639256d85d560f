"""Promise: every operation is answered as graphql-core answers it, also where resolvers fail."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from time import process_time
from typing import Any

import pytest

from tests.domains.orders.shop import DATABASES
from tests.promises.equivalence.cases import Case, case
from tests.promises.equivalence.mutants import MUTANTS, Mutant
from tests.promises.equivalence.shop import open_shop
from tests.promises.figures import figures, size
from tests.schema.execution.reference import Answer

pytestmark = pytest.mark.django_db(databases=DATABASES)

SMALL = 300
PARTS = size(1, 8)
OPERATIONS = size(SMALL, 2_500)  # in each part


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    open_shop()


@lru_cache(SMALL)  # documents are large; the first ones are asked for by each fault, then once more by the first part
def expected(number: int) -> tuple[Case, Answer] | None:
    """A case and graphql-core's answer to it; the shop is the same in each test."""
    asked = case(number)
    return (asked, asked.by_reference()) if asked else None


def test_a_fault_of_the_executor_is_found() -> None:
    found = {mutant.__name__: _first_difference(mutant) for mutant in MUTANTS}
    figures("equivalence_mutants", **found)


@pytest.mark.parametrize("part", range(PARTS))
def test_generated_operations_are_answered_as_graphql_core_does(part: int) -> None:
    seen, number, started = Counter[str](), part * 10 * OPERATIONS, process_time()
    while seen["operations"] < OPERATIONS:
        if found := expected(number):
            asked, answer = found
            mine = asked.by_engine()
            assert mine == answer, (number, asked.operation, asked.viewer, asked.variant)
            seen.update(_seen(asked, answer))
        number += 1
    figures("equivalence", part=part, **seen, cpu_seconds=process_time() - started)
    assert seen["with rows"] > OPERATIONS / 4
    assert seen["with errors"] > OPERATIONS / 5


def _first_difference(mutant: Mutant) -> int:
    """The number of the first case that an executor with this fault answers wrongly."""
    for number in range(SMALL):
        if known := expected(number):
            asked, answer = known
            with pytest.MonkeyPatch.context() as patch:
                mutant(patch)
                if asked.by_engine() != answer:
                    return number
    raise AssertionError(f"{mutant.__name__} is not found")


def _seen(asked: Case, answer: Answer) -> Counter[str]:
    leaves = _leaves(answer.data)
    return Counter(
        {
            "operations": 1,
            "mutations": asked.writes,
            "with rows": leaves > 5,
            "with errors": bool(answer.errors),
            "null": answer.data is None,
            "leaves": leaves,
            "errors": len(answer.errors),
        }
    )


def _leaves(data: Any) -> int:
    """The values in an answer that are not null."""
    if isinstance(data, dict | list):
        return sum(map(_leaves, data.values() if isinstance(data, dict) else data))
    return int(data is not None)
