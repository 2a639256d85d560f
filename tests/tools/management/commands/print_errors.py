"""`manage.py print_errors`: writes schema/docs/errors.md; `--check` fails when it is not current.

What stands above the members of result unions is written by hand: the codes of top-level errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import GraphQLEnumType, GraphQLUnionType, get_named_type

from domains.common.graphql.errors import _members
from schema.merge import core
from tests.tools.management.commands import print_schema

PAGE = print_schema.Command.folder / "docs" / "errors.md"

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
    folder = PAGE.parent

    def pages(self) -> dict[str, str]:
        mutations = "".join(f"| `{name}` | {', '.join(members)} |\n" for name, members in sorted(failures().items()))
        return {PAGE.name: f"{_written_by_hand()}{MEMBERS}{''.join(_member_rows())}{MUTATIONS}{mutations}"}


def _written_by_hand() -> str:
    return PAGE.read_text().partition(MEMBERS)[0]


def statuses() -> dict[str, str]:
    """The codes of top-level errors on the page, each with the HTTP statuses that it says."""
    return dict(re.findall(r"^\| ([A-Z_]+) \| ([^|]+) \|", _written_by_hand(), re.MULTILINE))


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
