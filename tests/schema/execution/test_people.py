"""Documents over people, about whom everything can fail, are answered as graphql-core answers them."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.schema.execution.declaring import context
from tests.schema.execution.people import people_schema
from tests.schema.execution.reference import by_engine, by_reference

SCHEMA = people_schema()
BY_PREDICATE = people_schema(by_predicate=True)
LEAVES = (
    "id", "name", "strictName", "nick", "strictNick", "mood", "strictMood", "born", "strictBorn", "age",
    "strictAge(add: 3)", "age(add: 2)", "echo(value: 1)", "echo(value: true)", "score", "alive", "tags",
    "strictTags", "__typename",
)  # fmt: skip
RELATIONS = (
    "friend", "strictFriend", "loaded", "strictLoaded", "batched", "strictBatched", "friends", "strictFriends",
    "rows", "strictRows",
)  # fmt: skip
PETS = (
    "pet { __typename ... on Dog { name owner %s } ... on Cat { owner %s } }",
    "strictPet { ... on Cat { strictOwner %s } ... on Named { name ... on Person %s } }",
    "pets { __typename ... on Dog { name owner %s } ... on Cat { owner %s } }",
    "strictPets { ... on Dog { owner %s } ... on Cat { strictOwner %s } }",
    "named { __typename name ... on Person %s ... on Cat { owner %s } }",
)
DOCUMENTS = {
    "nested lists": "{ people { name friends { id name strictFriends { name } } rows { id friend { name } } } }",
    "errors of each kind": "{ people { nick mood born age tags score } crowd { nick mood born age tags score } }",
    "null in a non-null field": "{ people { strictName friend { strictName friend { strictName } } } }",
    "null bubbles over several levels": "{ person(id: 2) { friend { strictFriend { strictFriend { name } } } } }",
    "null bubbles to the root": "{ person(id: 1) { name } strictPerson(id: 8) { name } }",
    "error bubbles to the root": "{ a: strictPerson(id: 5) { name } people { name friend { name } } }",
    "error at the root": "{ person(id: 5) { name } b: person(id: 12) { name } c: person { name } }",
    "null bubbles out of lists of lists": "{ people { strictRows { strictName } rows { strictName } } grid }",
    "a whole batch fails": "{ person(id: 100) { id } a: person(id: 101) { id } b: strictPerson(id: 102) { id } }",
    "aliases": "{ a: person { x: name y: name } b: person { x: name friend { x: name } friend { z: id } } }",
    "arguments": "{ people { a: age b: age(add: 1) c: strictAge(add: 1) e: echo(value: 1) f: echo(value: true) } }",
    "fragments": """{ people { ...Full ... on Person { friend { ...Full } } } }
        fragment Full on Person { name pet { __typename ... on Dog { name } ... on Cat { owner { name } } } }""",
    "interface": """{
        people { named { __typename name ... on Dog { owner { name } } ... on Cat { has: owner { name } } } }
    }""",
    "union": "{ pets { ... on Dog { name owner { id } } ... on Cat { name } } person { strictPets { __typename } } }",
    "skip and include": "{ person { name @skip(if: true) age @include(if: true) ... @skip(if: true) { id } } }",
    "everything is skipped": "{ person { name @skip(if: true) } people @include(if: false) { id } }",
    "introspection": """{ __schema { queryType { name fields { name type { name ofType { name } } } } }
        __type(name: "Pet") { possibleTypes { name } } __typename person { __typename } }""",
    "mutations in series": """mutation {
        a: rename(id: 1) { name friend { name } } b: rename(id: 2, fail: true) { id } c: rename(id: 3) { name }
    }""",
    "a mutation ends the series": """mutation {
        a: rename(id: 1) { name } b: strictRename(id: 2, fail: true) { id } c: rename(id: 3) { name }
    }""",
    "an event of a subscription": "subscription { person(id: 2) { name friend { name } } }",
}


def assert_equal(schema: GraphQLSchema, document: str) -> None:
    parsed = parse(document)
    assert validate(schema, parsed) == []
    assert by_engine(schema, parsed, context()) == by_reference(schema, parsed, context())


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
@pytest.mark.parametrize("schema", [SCHEMA, BY_PREDICATE], ids=["type names", "is_type_of"])
def test_answers_equal_those_of_graphql_core(schema: GraphQLSchema, document: str) -> None:
    assert_equal(schema, document)


def _with_relations(person: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    relation = st.tuples(st.sampled_from(RELATIONS), person).map(" ".join)
    pet = st.tuples(st.sampled_from(PETS), person, person).map(lambda parts: parts[0] % parts[1:])
    fragment = person.map(lambda selection: f"... on Person {selection}")
    field = st.one_of(st.sampled_from(LEAVES), relation, relation, pet, fragment)
    return st.lists(field, min_size=1, max_size=4).map(_selection)


def _selection(fields: list[str]) -> str:
    """Every field under its own alias, so that any two of them may stand side by side."""
    aliased = [field if field.startswith("...") else f"f{_number_of(field)}: {field}" for field in fields]
    return "{ " + " ".join(aliased) + " }"


def _number_of(field: str) -> int:
    """The same in every run, and for equal fields."""
    return sum(ord(letter) * place for place, letter in enumerate(field, start=1)) % 9_999_991


PEOPLE = st.recursive(
    st.lists(st.sampled_from(LEAVES), min_size=1, max_size=3).map(_selection), _with_relations, max_leaves=8
)
ROOTS = st.tuples(st.sampled_from(("person", "strictPerson")), st.integers(0, 14), PEOPLE)


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(roots=st.lists(ROOTS, max_size=2), people=PEOPLE, schema=st.sampled_from([SCHEMA, BY_PREDICATE]))
def test_generated_documents_are_answered_equally(
    roots: list[tuple[str, int, str]], people: str, schema: GraphQLSchema
) -> None:
    fields = [f"r{place}: {name}(id: {number}) {below}" for place, (name, number, below) in enumerate(roots)]
    assert_equal(schema, f"{{ {' '.join(fields)} people {people} crowd {people} }}")
