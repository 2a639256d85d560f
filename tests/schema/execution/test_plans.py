"""A document is planned once for each choice of its @skip and @include."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from graphql import parse

from schema.execution.plan import CACHED_PLANS, Plans
from tests.schema.execution.declaring import context
from tests.schema.execution.people import people_schema
from tests.schema.execution.reference import Answer, by_engine, by_reference

SCHEMA = people_schema()
DOCUMENT = parse("""query ($a: Boolean!, $b: Boolean = true, $add: Int) {
    people { id @skip(if: $a) age(add: $add) ...Rest } ... @include(if: $b) { crowd { id } }
}
fragment Rest on Person { name @include(if: $a) friend @skip(if: $b) { id } }""")
CHOICES: list[dict[str, Any]] = [
    {"a": a, **b, "add": add} for a in (True, False) for b in ({}, {"b": True}, {"b": False}) for add in (1, 2)
]


def _expected(variables: dict[str, Any]) -> Answer:
    return by_reference(SCHEMA, DOCUMENT, context(), variables)


def test_the_plan_of_one_choice_never_answers_another() -> None:
    plans = Plans()
    for variables in [*CHOICES, *CHOICES]:
        assert by_engine(SCHEMA, DOCUMENT, context(), variables, plans) == _expected(variables)
    assert len(plans._plans) == 4  # not one for each value of $add


def test_the_operations_of_a_document_have_plans_of_their_own() -> None:
    document = parse("query A { person { id } } query B { person { name } }")
    plans = Plans()
    for name in "ABAB":
        answer = by_engine(SCHEMA, document, context(), None, plans, name)
        assert answer == by_reference(SCHEMA, document, context(), None, name)


def test_plans_of_a_document_are_bounded() -> None:
    names = [f"v{number}" for number in range(CACHED_PLANS + 5)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: __typename @skip(if: ${name})" for name in names)
    document, plans = parse(f"query ({declared}) {{ {fields} }}"), Plans()
    for chosen in names:
        answer = by_engine(SCHEMA, document, context(), {name: name != chosen for name in names}, plans)
        assert answer.data == {chosen: "Query"}
        assert len(plans._plans) <= CACHED_PLANS


def test_threads_share_plans() -> None:
    plans = Plans()
    wanted = CHOICES * 10
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda choice: by_engine(SCHEMA, DOCUMENT, context(), choice, plans), wanted))
    expected = {str(choice): _expected(choice) for choice in CHOICES}
    assert answers == [expected[str(choice)] for choice in wanted]


@pytest.mark.parametrize(
    "document",
    [
        "query ($a: Boolean = true) { people { id ... @skip(if: $a) { name } } crowd { id } }",
        "query ($a: Boolean = true) { people { friend { name @include(if: $a) } } crowd { id } }",
        "query ($a: Boolean = true) { people { id } person @skip(if: $a) { id } }",
    ],
)
def test_a_choice_that_is_null_is_an_error_where_graphql_core_has_it(document: str) -> None:
    parsed, variables = parse(document), {"a": None}
    assert by_engine(SCHEMA, parsed, context(), variables) == by_reference(SCHEMA, parsed, context(), variables)
