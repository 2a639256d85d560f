"""The conventions of the schema, on every type it has or will have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)

from domains.common.errors import DomainError
from domains.common.graphql.errors import _members
from domains.common.graphql.permissions import IsAuthenticated
from schema.merge import core
from tests.schema import access

TYPES = [t for t in core.type_map.values() if not is_introspection_type(t) and not is_specified_scalar_type(t)]
assert core.mutation_type is not None
MUTATIONS = core.mutation_type.fields


def names_of_interfaces(kind: GraphQLNamedType) -> set[str]:
    return {interface.name for interface in getattr(kind, "interfaces", ())}


def described() -> Iterator[tuple[str, Any]]:
    """Everything that can have a description, with its name."""
    for kind in TYPES:
        yield kind.name, kind
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{kind.name}.{name}", value) for name, value in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field
                for argument, definition in getattr(field, "args", {}).items():
                    yield f"{kind.name}.{name}({argument})", definition


def test_everything_is_described() -> None:
    assert [name for name, what in described() if len(what.description or "") < 10] == []


def test_who_looks_around_meets_products_and_orders_first_and_what_is_for_staff_last() -> None:
    assert core.query_type is not None
    queries = list(core.query_type.fields)
    assert queries[:2] == ["products", "orders"]
    assert queries[-1] == "failedMessages"
    assert list(MUTATIONS)[-1] == "retryMessage"
    assert list(core.type_map).index("Product") < list(core.type_map).index("FailedMessage")


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_takes_one_input_and_answers_one_success_or_user_errors(name: str) -> None:
    field = MUTATIONS[name]
    kind = f"{name[0].upper()}{name[1:]}"
    assert set(field.args) <= {"input"}
    assert all(str(argument.type) == f"{kind}Input!" for argument in field.args.values())
    assert isinstance(field.type, GraphQLNonNull)
    result = field.type.of_type
    assert isinstance(result, GraphQLUnionType)
    shared = {"LogoutEverywhere": "Logout"}.get(kind, kind)  # the contract gives these two one result
    assert result.name == f"{shared}Result"
    success, *failures = result.types
    assert success.name == f"{shared}Success"
    assert failures
    assert all("UserError" in names_of_interfaces(failure) for failure in failures)


def fields() -> Iterator[tuple[str, GraphQLField]]:
    """Every field of every object, by its name."""
    for kind in TYPES:
        if isinstance(kind, GraphQLObjectType):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items())


FIELDS = dict(fields())


def guards(field: GraphQLField) -> list[type[IsAuthenticated]]:
    return list(getattr(field.extensions["strawberry-definition"], "permission_classes", ()))


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if guards(field)])
def test_a_guarded_field_says_for_whom_it_is_and_what_others_are_answered(name: str) -> None:
    assert all(guard.told in (FIELDS[name].description or "") for guard in guards(FIELDS[name]))


@pytest.mark.parametrize("name", [name for name, field in access.roots(core).items() if not access.guarded(field)])
def test_a_root_field_without_a_guard_says_what_is_not_for_everybody(name: str) -> None:
    assert re.search("Public|null|As `node`", access.roots(core)[name].description or "")


@pytest.mark.parametrize("kind", [kind for kind in TYPES if "Node" in names_of_interfaces(kind)], ids=str)
def test_an_entity_says_who_sees_it(kind: GraphQLObjectType) -> None:
    assert re.search("Public|Visible|sees it", kind.description or "")


def rows(field: GraphQLField) -> GraphQLNamedType | None:
    """The type of the rows when the field is a list of things with an id."""
    kind = get_named_type(field.type)
    is_list = str(field.type).startswith("[")
    return kind if is_list and "id" in getattr(kind, "fields", {}) else None


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if rows(field)])
def test_a_list_of_rows_is_a_page_or_says_its_bound(name: str) -> None:
    a_page = name.endswith("Connection.nodes")  # as long as `first` or `last` says, which have a bound
    assert a_page or re.search(r"at most \d+|\d+ to \d+", FIELDS[name].description or "")


def test_every_enum_value_is_in_capitals() -> None:
    values = [value for kind in TYPES if isinstance(kind, GraphQLEnumType) for value in kind.values]
    assert [value for value in values if value != value.upper()] == []


def errors(base: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for error in base.__subclasses__():
        yield error
        yield from errors(error)


@pytest.mark.parametrize(
    "error", [e for e in errors() if e.__module__.startswith("domains.")], ids=lambda e: e.__name__
)
def test_an_expected_refusal_has_a_code_and_a_member_of_its_own_name(error: type[DomainError]) -> None:
    codes = core.type_map["ErrorCode"]
    assert isinstance(codes, GraphQLEnumType)
    assert error.code in codes.values
    assert codes.values[error.code].description
    member = core.type_map[_members[error].__name__]
    assert isinstance(member, GraphQLObjectType)
    assert member.name == error.__name__
    assert "UserError" in names_of_interfaces(member)
