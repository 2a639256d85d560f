"""`manage.py print_errors`: writes schema/docs/errors.md; `--check` fails when it is not current."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLEnumType, GraphQLUnionType, get_named_type

from domains.common.graphql.errors import _members
from schema.codes import CODES
from schema.management.commands import print_schema
from schema.merge import core

HEAD = """# Errors

<!-- Written by `python3 manage.py print_errors`; a test compares it with the code. -->

Two kinds. What a client can act on is a member of a mutation's result union: HTTP 200, no `errors`. What concerns the
whole request, or a field of a query, is a top-level error with `extensions.code` and `extensions.requestId`; the same
id is in the header `X-Request-ID` and in our log.

## `extensions.code` of top-level errors

The status is that of `Accept: application/graphql-response+json`; in parentheses that of `application/json`, where it
differs. "At a field" means that other fields of the same answer may have succeeded.

| code | HTTP status | meaning | what to do |
|---|---|---|---|
"""
MEMBERS = """
## `code` of members of result unions

Each has `code`, `message` (says what to do next) and `path` into the arguments: `["input", "lines", "0", "quantity"]`.

| code | member | meaning and what to do | mutations |
|---|---|---|---|
"""
MUTATIONS = """
## What each mutation can end in

| mutation | members besides success |
|---|---|
"""


class Command(print_schema.Command):
    help = "Writes the table of error codes, or checks it."
    file = print_schema.Command.file.parent / "docs" / "errors.md"

    def page(self) -> str:
        codes = "".join(f"| {n} | {c.status} | {c.meaning} | {c.advice} |\n" for n, c in sorted(CODES.items()))
        mutations = "".join(f"| `{name}` | {', '.join(members)} |\n" for name, members in sorted(failures().items()))
        return f"{HEAD}{codes}{MEMBERS}{''.join(_member_rows())}{MUTATIONS}{mutations}"


def failures() -> dict[str, list[str]]:
    """The members of each mutation's union, its success left out."""
    assert core.mutation_type is not None
    found: dict[str, list[str]] = {}
    for name, field in core.mutation_type.fields.items():
        union = get_named_type(field.type)
        assert isinstance(union, GraphQLUnionType)
        found[name] = [kind.name for kind in union.types[1:]]
    return found


def _member_rows() -> Iterator[str]:
    codes = core.type_map["ErrorCode"]
    assert isinstance(codes, GraphQLEnumType)
    names = {error.code: member.__name__ for error, member in _members.items()}
    for code, value in sorted(codes.values.items()):
        member = names.get(code, "")
        users = ", ".join(f"`{name}`" for name, members in sorted(failures().items()) if member in members)
        yield f"| {code} | {member} | {value.description} | {users or 'none'} |\n"
