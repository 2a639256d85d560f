"""The table of error codes says what the code does, and no refusal is lost on its way to the client."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from graphql import GraphQLEnumType

from domains.common.errors import DomainError, NotFoundError, RequestError
from domains.common.graphql.errors import _members
from domains.products import categories
from schema.errors import HIDDEN
from schema.merge import core
from tests.api import Api
from tests.logs import json_log, lines
from tests.schema.wire import post
from tests.tools.management.commands import print_errors

ROOT = Path(__file__).resolve().parents[2]
FORMS_ERRORS = {"RequestProblem", "Document", "formatted", "request_error", "refusal", "error_body", "send_error"}


def test_the_page_of_errors_is_current() -> None:
    call_command("print_errors", "--check")


def test_a_stale_page_is_found_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(print_errors.Command, "folder", tmp_path)
    with pytest.raises(CommandError, match="print_errors"):
        call_command("print_errors", "--check")
    call_command("print_errors")
    call_command("print_errors", "--check")


def subclasses[T](base: type[T]) -> list[type[T]]:
    return [kind for child in base.__subclasses__() for kind in (child, *subclasses(child))]


def given_as_code(node: ast.AST) -> list[ast.expr]:
    """What stands where a code does: in a constant, as an argument of what forms an error, as a default of it."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper():
            return [value]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in FORMS_ERRORS:
            return [*node.args, *(keyword.value for keyword in node.keywords)]
        case ast.FunctionDef(args=arguments):
            return [default for default in (*arguments.defaults, *arguments.kw_defaults) if default is not None]
    return []


def spoken() -> set[str]:
    """Every code that our code answers: it is text in capitals."""
    folders = ("schema", "schema/streams", "schema/execution", "backend", "backend/graphiql")
    files = [path for folder in folders for path in (ROOT / folder).glob("*.py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    given = (part for node in nodes for value in given_as_code(node) for part in ast.walk(value))
    texts = {part.value for part in given if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return {text for text in texts if re.fullmatch(r"[A-Z][A-Z_]{6,}", text)}


def test_the_table_has_every_code_that_is_answered_and_no_other() -> None:
    assert spoken() | {error.code for error in subclasses(RequestError)} == print_errors.statuses().keys()


def test_every_code_of_a_member_is_one_that_a_rule_can_raise() -> None:
    codes = core.type_map["ErrorCode"]
    assert isinstance(codes, GraphQLEnumType)
    assert set(codes.values) == {error.code for error in _members}


def test_every_member_is_in_some_union() -> None:
    used = {member for members in print_errors.failures().values() for member in members}
    assert used == {member.__name__ for member in _members.values()}


@pytest.mark.django_db
def test_a_refusal_that_the_union_does_not_know_is_our_error_and_is_logged(
    staff: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise Unforeseen("A rule that nobody told the schema of")

    monkeypatch.setattr(categories, "create_category", refuse)
    with json_log() as log:
        answer = staff.post('mutation { createCategory(input: {name: "Shelf"}) { __typename } }')
    (error,) = answer["errors"]
    assert (error["message"], error["extensions"]["code"]) == (HIDDEN, "INTERNAL_SERVER_ERROR")
    assert "Unforeseen" in lines(log, "unexpected error")[0]["exception"]


class Unforeseen(DomainError):
    """Of this test alone."""

    code = NotFoundError.code


@pytest.mark.parametrize(
    "request_",
    [
        {"query": "{ prodcts { nodes { id } } }"},
        {"query": "{ products(frist: 1) { nodes { id } } }"},
        {"query": "query ($id: IDD!) { node(id: $id) { id } }"},
        {"query": "{ ... on Qery { __typename } }"},
        {"query": "{ __typename @inclde(if: true) }"},
        {"query": "{ products(orderBy: {field: NAMEE, direction: ASC}) { nodes { id } } }"},
        {"query": 'mutation { login(input: {emial: "a", password: "b"}) { __typename } }'},
        {
            "query": "mutation ($input: LoginInput!) { login(input: $input) { __typename } }",
            "variables": {"input": {"emial": "What? Did you mean it?", "email": "a", "password": "b"}},
        },
        {"query": "query ($by: ProductBy!) { product(by: $by) { id } }", "variables": {"by": {"skuu": "a"}}},
    ],
    ids=range(9),
)
def test_names_are_not_suggested_where_the_schema_is_not_told(
    settings: LazySettings, request_: dict[str, object]
) -> None:
    settings.INTROSPECTION = False
    text = post(request_).content.decode()
    assert "errors" in text
    assert not re.search("Did you mean (?!it)", text)  # "it" is what one of the clients wrote itself
