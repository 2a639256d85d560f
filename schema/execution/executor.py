"""Carries a plan out, level by level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationType,
    get_argument_values,
    get_operation_ast,
    get_variable_values,
)
from graphql.execution.executor import default_field_resolver
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, is_awaitable
from orjson import Fragment

from domains.common.graphql.loaders import Loader, Pending
from domains.common.guard import deadline
from schema.execution.completion import Completion, Group
from schema.execution.errors import Nulled, Report
from schema.execution.plan import Field, Info, Plan, Plans, Selection


def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    context_value: Any = None,
    variable_values: dict[str, Any] | None = None,
    operation_name: str | None = None,
    hide_suggestions: bool = False,
    plans: Plans | None = None,
) -> ExecutionResult:
    """`graphql.execute` of a validated document, breadth first.

    `context_value.loaders` is the request's registry of loaders, `plans` what is kept beside the document. Field errors
    are in the result. Raises what is no Exception, such as `deadline.Stopped`, from wherever it is raised.
    """
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return ExecutionResult(None, [GraphQLError("Must provide an operation.")])
    variables = get_variable_values(
        schema,
        operation.variable_definitions or (),
        variable_values or {},
        max_errors=50,
        hide_suggestions=hide_suggestions,
    )
    if isinstance(variables, list):
        return ExecutionResult(None, variables)
    try:
        plan = (plans or Plans()).get(schema, document, operation, variables)
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    return Execution(schema, plan, context_value, variables, hide_suggestions).run()


class Call:
    """A field with the group of objects that it is resolved for."""

    __slots__ = ("field", "group", "info", "is_written", "keys", "loader", "values")

    def __init__(self, field: Field, group: Group, info: Info) -> None:
        self.field, self.group, self.info = field, group, info
        self.values: Sequence[Any] = ()
        self.loader: Loader[Any, Any] | None = None  # of a relation; the values come from it, under these keys
        self.keys: Sequence[Any] = ()
        self.is_written = False  # the values are JSON, as they stand in the answer


@dataclass(slots=True)
class Batch:
    """The calls of one level that a batch resolver answers together."""

    arguments: dict[str, Any]
    calls: list[Call]


class Execution:
    """One execution of a plan."""

    def __init__(
        self, schema: GraphQLSchema, plan: Plan, context: Any, variables: VariableValues, hide_suggestions: bool
    ) -> None:
        self._schema, self._plan, self._context, self._variables = schema, plan, context, variables
        self._hide_suggestions = hide_suggestions
        self._completion = Completion()
        self._errors: list[GraphQLError] = []

    def run(self) -> ExecutionResult:
        """The answer, and the errors of its fields."""
        root = self._plan.root
        answer = root.template.copy()
        if loaders := getattr(self._context, "loaders", None):
            loaders.plan = self._plan
        try:
            if self._plan.operation.operation is OperationType.MUTATION:
                for field in root.fields:  # each to its end: what was loaded before it is not trusted after it
                    self._run(Selection(root.type, [field], {}), answer)
                    if loaders:
                        self._context.loaders.clear()  # a mutation may have put others in their place
            else:
                self._run(root, answer)
        except Nulled:
            return ExecutionResult(None, self._errors)
        return ExecutionResult(answer, self._errors or None)

    def _run(self, selection: Selection, answer: dict[str, Any]) -> None:
        """Fills the answer with what is selected of the root. Raises Nulled when the whole answer becomes null."""
        completion = self._completion = Completion()
        level = [Group(selection, [None], [answer])]
        while level:
            completion.next = []
            self._level(level)
            level = completion.next
        if completion.failed:
            report = Report(completion.chosen)
            try:
                report.walk(selection, answer, [])
            finally:
                self._errors += report.errors

    def _level(self, level: list[Group]) -> None:
        """Resolve every field of these groups, read what they wait for, and complete them."""
        deadline.check()
        calls = [Call(field, group, self._info(field)) for group in level for field in group.selection.fields]
        batches: list[Batch] = []
        for call in calls:
            self._resolve(call, batches)
        for batch in batches:
            _answer(batch)
        wanted: dict[Loader[Any, Any], dict[Any, None]] = {}
        for call in calls:
            _want(call, wanted)
        for loader, keys in wanted.items():
            loader.read(keys)
        for call in calls:
            self._complete(call)

    def _resolve(self, call: Call, batches: list[Batch]) -> None:
        field, sources = call.field, call.group.sources
        if field.attribute:
            call.values = _read(field.attribute, sources)
        elif field.relation and (name := _written(field, sources)):
            call.values = [text and Fragment(text) for text in _read(name, sources)]
            call.is_written = True
        elif field.relation:
            loader, attribute = field.relation
            call.loader, call.keys = self._context.loaders.get(loader), _read(attribute, sources)
        else:
            self._call(call, batches)

    def _call(self, call: Call, batches: list[Batch]) -> None:
        field, sources = call.field, call.group.sources
        try:
            arguments = self._arguments(field)
        except GraphQLError as error:
            call.values = [error] * len(sources)
            return
        if not field.batch:
            resolve = field.definition.resolve or default_field_resolver
            call.values = [_attempt(resolve, source, call.info, arguments) for source in sources]
            return
        for batch in batches:  # the same field of other groups, or under another alias
            if batch.calls[0].field.definition is field.definition and _same(batch.arguments, arguments):
                batch.calls.append(call)
                return
        batches.append(Batch(arguments, [call]))

    def _arguments(self, field: Field) -> dict[str, Any]:
        """Raises GraphQLError for those that do not fit."""
        if field.arguments is not None:
            return field.arguments
        detail = field.details[0]
        return get_argument_values(
            field.definition,
            detail.node,
            self._variables,
            detail.fragment_variable_values,
            self._hide_suggestions,
        )

    def _complete(self, call: Call) -> None:
        values = call.values
        if call.loader is not None:
            known = call.loader.known
            values = [None if key is None else known.get(key, key) for key in call.keys]
        elif not call.field.attribute:
            values = _settled(values)
        key = call.field.key
        if not call.is_written:
            values = self._completion.complete(call.field, call.field.shape, values, call.info)
        for answer, value in zip(call.group.objects, values, strict=True):
            answer[key] = value

    def _info(self, field: Field) -> Info:
        return GraphQLResolveInfo(
            field.name,
            field.nodes,
            field.definition.type,
            field.parent,
            Path(None, field.key, field.parent.name),
            self._schema,
            self._plan.fragments,
            None,
            self._plan.operation,
            self._variables,
            self._context,
            is_awaitable,
            None,
            None,  # type: ignore[arg-type]  # nothing runs in the background
        )


def _written(field: Field, sources: Sequence[Any]) -> str | None:
    """The attribute with the field's JSON, where whoever read these objects read that with them."""
    kinds = set(map(type, sources))
    return getattr(kinds.pop(), "written", {}).get(field) if len(kinds) == 1 else None


def _read(attribute: str, sources: Sequence[Any]) -> list[Any]:
    """The attribute of each, or the error of reading it."""
    try:
        return list(map(attrgetter(attribute), sources))
    except Exception:
        return [_attempt(lambda source, *_: getattr(source, attribute), source, None, {}) for source in sources]


def _attempt(resolve: Callable[..., Any], source: Any, info: Any, arguments: dict[str, Any]) -> Any:
    """What the resolver answers, or its error."""
    try:
        return resolve(source, info, **arguments)
    except Exception as error:
        return error


def _same(some: dict[str, Any], others: dict[str, Any]) -> bool:
    """Equal is not enough: 1 equals true, and a scalar may take both."""
    return some == others and repr(some) == repr(others)


def _answer(batch: Batch) -> None:
    """Call the resolver once, and give each call its part."""
    first = batch.calls[0]
    sources = [source for call in batch.calls for source in call.group.sources]
    found = _attempt(first.field.batch, sources, first.info, batch.arguments)
    count = len(found) if isinstance(found, list | tuple) else "no"
    if not isinstance(found, Exception) and count != len(sources):
        where = f"{first.field.parent}.{first.field.name}"
        found = RuntimeError(f"The batch resolver of {where} gave {count} values for {len(sources)} parents.")
    values = iter([found] * len(sources) if isinstance(found, Exception) else found)
    for call in batch.calls:
        call.values = list(islice(values, len(call.group.sources)))


def _want(call: Call, wanted: dict[Loader[Any, Any], dict[Any, None]]) -> None:
    """Note what the call waits for."""
    if call.loader is not None:
        keys = [key for key in call.keys if key is not None and not isinstance(key, Exception)]
        wanted.setdefault(call.loader, {}).update(dict.fromkeys(keys))
    elif not call.field.attribute:
        for pending in _pendings(call.values):
            wanted.setdefault(pending.loader, {})[pending.key] = None


def _pendings(values: Sequence[Any]) -> Iterator[Pending[Any]]:
    for value in values:
        if type(value) is Pending:
            yield value
        elif type(value) is list:
            yield from _pendings(value)


def _settled(values: Sequence[Any]) -> Sequence[Any]:
    """The same, with what was read in place of what waited for it."""
    if not any(type(value) is Pending or type(value) is list for value in values):
        return values
    return [
        value.loader.known[value.key] if type(value) is Pending else _settled(value) if type(value) is list else value
        for value in values
    ]
