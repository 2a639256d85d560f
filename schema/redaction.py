"""What is wrong with a value, in words that do not hold the value: it may be a password, and messages end in logs.

graphql-core decides whether and where a value does not fit. The words are ours, made from the schema and from the kind
of the value alone, so no release of the library can put a value into a message. Of the library's own messages only
those stand that are about the names in a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    GraphQLSyntaxError,
    Lexer,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    TokenKind,
    Undefined,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.utilities import validate_input_literal, validate_input_value
from strawberry.exceptions import StrawberryGraphQLError

from domains.common.graphql.scalars import SafeError

NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")  # of a field; what looks otherwise was meant as something else
UNFIT = "A value here does not fit its type"
ABSENT_ONLY = "It may be left out, but not null"


def message(error: GraphQLError) -> str:
    """The message of an error of parsing, validating or coercing, without any value that a client sent."""
    if isinstance(error, SafeError):
        return error.message
    if isinstance(error, GraphQLSyntaxError):
        return f"Syntax Error: unexpected {_token(error)}"
    if isinstance(error, StrawberryGraphQLError):
        named = getattr(next(iter(error.nodes or ()), None), "name", None)
        return f"'{named.value}': {ABSENT_ONLY}" if named else UNFIT
    if any(isinstance(node, ValueNode) for node in error.nodes or ()):
        return UNFIT
    return error.message


def _token(error: GraphQLSyntaxError) -> str:
    """The kind of what stands where the parser stopped."""
    assert error.source is not None
    (position,) = error.positions or ()
    lexer = Lexer(error.source)
    try:
        while lexer.advance().start < position:
            pass
    except GraphQLSyntaxError:
        return "characters"
    kind = lexer.token.kind
    return "end of the document" if kind is TokenKind.EOF else kind.value


class Refusal(SafeError):
    """A null, or a text in the place of a decimal, as people leave them in forms."""


class ValuesRule(ValuesOfCorrectTypeRule):
    """Literals of the wrong type, as graphql-core finds them."""

    _holder = ""  # of the literal: an argument, or a variable with a default

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self._holder = node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self._holder = f"${node.variable.name.value}"

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> Any:
        def report(error: GraphQLError, path: list[str | int]) -> None:
            there = [inner for inner in error.nodes or () if inner.loc]  # some are copies that stand nowhere
            there = there or [at(input_type, node, path)[1]]
            text = problem(input_type, node, path, error)
            if _is_of_a_form(*at(input_type, node, path)):
                where = ".".join(map(str, [self._holder, *path]))
                self.report_error(Refusal(f"'{where}': {text}", nodes=there))
            else:
                self.report_error(SafeError(text, nodes=there))

        if input_type:
            validate_input_literal(node, input_type, report)
        return self.SKIP


def _is_of_a_form(type_: Any, literal: Any) -> bool:
    """Whether a literal that does not fit the type is a Refusal."""
    if isinstance(literal, NullValueNode):
        return is_non_null_type(type_)
    return isinstance(literal, StringValueNode) and str(get_nullable_type(type_)) == "Decimal"


def variable_errors(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> list[GraphQLError]:
    """What is wrong with the variables of an operation that graphql-core refused, each place once."""
    found: dict[str, GraphQLError] = {}
    for node, type_, value in declared(schema, operation, variables):
        for path, error in refusals(type_, value):
            unfit = of_variable(node, path, problem(type_, value, path, error))
            found.setdefault(unfit.message, unfit)
    return list(found.values()) or [SafeError("The variables do not fit their types", nodes=[operation])]


def refusals(type_: Any, value: Any) -> list[tuple[list[str | int], GraphQLError]]:
    """Where the value does not fit, as graphql-core finds it."""
    found: list[tuple[list[str | int], GraphQLError]] = []
    validate_input_value(value, type_, lambda error, path: found.append((path, error)))
    return found


def declared(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Iterator[tuple[VariableDefinitionNode, Any, Any]]:
    """The variables that have to hold a value: declaration, type, and what was sent."""
    for node in operation.variable_definitions or ():
        signature = get_variable_signature(schema, node)
        if isinstance(signature, GraphQLError):  # of a type that validation has refused already
            continue
        value = variables.get(signature.name, Undefined)
        if value is not Undefined or (is_non_null_type(signature.type) and not node.default_value):
            yield node, signature.type, value


def of_variable(node: VariableDefinitionNode, path: Sequence[str | int], text: str) -> SafeError:
    """What is wrong with the value of a variable, and where in it."""
    where = f" at '{'.'.join(map(str, path))}'" if path else ""
    return SafeError(f"Variable '${node.variable.name.value}'{where}: {text}", nodes=[node])


def problem(type_: Any, value: Any, path: Sequence[str | int], error: GraphQLError) -> str:
    """What the type at the path expects of the value there."""
    if isinstance(error, SafeError):
        return error.message
    type_, value = at(type_, value, path)
    null = value is None or isinstance(value, NullValueNode)
    named = get_named_type(type_)
    if not null and isinstance(named, GraphQLInputObjectType) and not is_list_type(get_nullable_type(type_)):
        return _object_problem(named, value)
    if value is Undefined:
        return f"Expected a value of type '{type_}'"
    if isinstance(named, GraphQLEnumType) and not null:
        return f"Expected one of the values of '{named}'"
    fitting = f"'{type_}', not null" if null else f"'{get_nullable_type(type_)}'"
    return f"Expected a value of type {fitting}"


def _object_problem(type_: GraphQLInputObjectType, value: Any) -> str:
    given = _object(value)
    if given is None:
        return f"Expected an object of type '{type_}'"
    missing = [name for name, field in type_.fields.items() if is_required_input_field(field) and name not in given]
    unknown = [key if NAME.fullmatch(key) else "?" for key in given if key not in type_.fields]
    wrong = [f"'{type_}' needs {_listed(missing)}"] if missing else []
    wrong += [f"'{type_}' has no field {_listed(unknown)}"] if unknown else []
    if not wrong and type_.is_one_of:
        return f"'{type_}' takes exactly one of its fields, and not null"
    return "; ".join(wrong) or f"Expected an object of type '{type_}'"


def at(type_: Any, value: Any, path: Sequence[str | int]) -> tuple[Any, Any]:
    """The type and the value at the path."""
    for key in path:
        type_, value = _child(type_, value, key)
    return type_, value


def _child(type_: Any, value: Any, key: str | int) -> tuple[Any, Any]:
    nullable = get_nullable_type(type_)
    if isinstance(key, int):
        items = value.values if isinstance(value, ListValueNode) else value
        return nullable.of_type, items[key]
    if is_list_type(nullable):  # a single item stands for a list of one
        return _child(nullable.of_type, value, key)
    return nullable.fields[key].type, (_object(value) or {}).get(key, Undefined)


def _object(value: Any) -> Mapping[str, Any] | None:
    """An object's fields by name; None when it is none."""
    if isinstance(value, ObjectValueNode):
        return {field.name.value: field.value for field in value.fields}
    return value if isinstance(value, dict) else None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:5]) + (" and others" if len(names) > 5 else "")
