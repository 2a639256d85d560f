"""The driver answers what graphql-core answers under asyncio: data, errors and batches."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from graphql import GraphQLSchema, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.schema.execution.comparing import by_asyncio, by_driver
from tests.schema.execution.people import people_schema

SCHEMA = people_schema()
ASYNCHRONOUS_TYPES = people_schema(asynchronous_types=True)
DOCUMENTS = {
    "nested lists": "{ people { name friends { id name strictFriends { name } } waiting { id friend { name } } } }",
    "plain and awaited errors": "{ people { failing awaited late twice } }",
    "null in a non-null field": "{ people { strictName friend { strictName friend { strictName } } } }",
    "null bubbles over several levels": "{ person(id: 3) { friend { strictFriend { strictFriend { name } } } } }",
    "null bubbles to the root": "{ person(id: 1) { name } strictPerson(id: 6) { name } }",
    "error bubbles to the root": "{ a: strictPerson(id: 5) { name } people { name friend { name } } }",
    "error at the root": "{ person(id: 5) { name } b: person(id: 12) { name } c: person { name } }",
    "plain failure beside awaited siblings": "{ people { name late twice strictFailing } }",
    "plain failure of a list item": "{ person(id: 1) { strictFriends { name late strictFailing } friend { name } } }",
    "a whole batch fails": "{ person(id: 12) { id } a: person(id: 13) { id } b: strictPerson(id: 1) { id } }",
    "aliases": "{ a: person { x: name y: name } b: person { x: name friend { x: name } friend { z: id } } }",
    "fragments": """{ people { ...Full ... on Person { friend { ...Full } } } }
        fragment Full on Person { name pet { __typename ... on Dog { name } ... on Cat { owner { name } } } }""",
    "interface": """{
        people { named { __typename name ... on Dog { owner { name } } ... on Cat { has: owner { name } } } }
    }""",
    "the root fails while others still run": "{ r: strictPerson(id: 13) { id } people { named { __typename name } } }",
    "union": "{ pets { ... on Dog { name owner { id } } ... on Cat { name } } person { pet { __typename } } }",
    "skip and include": "{ person { name @skip(if: true) twice @include(if: true) } }",
    "introspection": "{ __schema { queryType { name } } __typename person { __typename } }",
    "mutations in series": """mutation {
        a: rename(id: 1) { name friend { name } } b: rename(id: 2, fail: true) { id } c: rename(id: 3) { late name }
    }""",
    "a mutation ends the series": """mutation {
        a: rename(id: 1) { name } b: strictRename(id: 2, fail: true) { id } c: rename(id: 3) { name }
    }""",
}


@pytest.fixture(scope="module", autouse=True)
def _quick_collections() -> Iterator[None]:
    """Each comparison collects garbage to find coroutines left behind: let it look at its own objects alone."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
@pytest.mark.parametrize("schema", [SCHEMA, ASYNCHRONOUS_TYPES], ids=["type names", "asynchronous is_type_of"])
def test_answers_equal_those_of_graphql_core(schema: GraphQLSchema, document: str) -> None:
    assert validate(schema, parse(document)) == []
    expected, answer = by_asyncio(schema, document), by_driver(schema, document)
    if document.startswith("mutation"):
        answer.batches = expected.batches  # they differ: loaders are cleared between the fields
    assert answer.settled == expected.settled


LEAVES = ("id", "name", "strictName", "failing", "strictFailing", "awaited", "twice", "late", "__typename")
RELATIONS = ("friend", "strictFriend", "friends", "strictFriends", "waiting")
PETS = (
    "pet { __typename ... on Dog { name owner %s } ... on Cat { owner %s } }",
    "named { __typename name ... on Person %s ... on Cat { owner %s } }",
)


def _with_relations(person: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    relation = st.tuples(st.sampled_from(RELATIONS), person).map(" ".join)
    pet = st.tuples(st.sampled_from(PETS), person, person).map(lambda parts: parts[0] % parts[1:])
    fragment = person.map(lambda selection: f"... on Person {selection}")
    field = st.one_of(st.sampled_from(LEAVES), relation, relation, pet, fragment)
    return st.lists(field, min_size=1, max_size=4).map(_selection)


def _selection(fields: list[str]) -> str:
    """Every field under its own alias, so that any two of them may stand side by side."""
    aliased = [field if field.startswith("...") else f"f{hash_of(field)}: {field}" for field in fields]
    return "{ " + " ".join(aliased) + " }"


def hash_of(field: str) -> int:
    """A small number that is the same in every run, for equal fields the same."""
    return sum(ord(letter) * place for place, letter in enumerate(field, start=1)) % 9_999_991


PEOPLE = st.recursive(
    st.lists(st.sampled_from(LEAVES), min_size=1, max_size=3).map(_selection), _with_relations, max_leaves=8
)
ROOTS = st.tuples(st.sampled_from(("person", "strictPerson")), st.integers(0, 14), PEOPLE)


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(roots=st.lists(ROOTS, min_size=1, max_size=3), people=PEOPLE, asynchronous_types=st.booleans())
def test_generated_documents_are_answered_equally(
    roots: list[tuple[str, int, str]], people: str, asynchronous_types: bool
) -> None:
    fields = [f"r{place}: {name}(id: {number}) {below}" for place, (name, number, below) in enumerate(roots)]
    document = f"{{ {' '.join(fields)} people {people} }}"
    schema = ASYNCHRONOUS_TYPES if asynchronous_types else SCHEMA
    compared = 3 if asynchronous_types else 4  # one step of asyncio more or less there moves a key to the next batch
    assert by_driver(schema, document).settled[:compared] == by_asyncio(schema, document).settled[:compared]
