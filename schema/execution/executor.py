"""Carries a plan out, level by level."""

from __future__ import annotations

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

from domains.common.graphql.errors import answered_as
from domains.common.graphql.loaders import Loader
from domains.common.guard import computing, deadline
from schema.execution.completion import Completion, Group
from schema.execution.errors import Nulled, Report
from schema.execution.plan import Field, Info, Plan, Plans, Selection
from schema.execution.resolving import Batch, Call, answer_batch, attempt, read, same, settled, want, written_as
from schema.writing import bytes_of


class Answer(ExecutionResult):
    """What was executed; as JSON its data has no more than `bound` bytes."""

    __slots__ = ("bound",)
    bound: float


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
    """`graphql.execute` of a validated document, breadth first; an Answer when anything was executed.

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


class Execution:
    """One execution of a plan."""

    def __init__(
        self, schema: GraphQLSchema, plan: Plan, context: Any, variables: VariableValues, hide_suggestions: bool
    ) -> None:
        self._schema, self._plan, self._context, self._variables = schema, plan, context, variables
        self._hide_suggestions = hide_suggestions
        self._completion = Completion()
        self._errors: list[GraphQLError] = []
        self._bound = 2.0  # bytes; the braces

    def run(self) -> ExecutionResult:
        """The answer, and the errors of its fields."""
        root = self._plan.root
        answer = root.template.copy()
        if loaders := getattr(self._context, "loaders", None):
            loaders.plan = self._plan
        try:
            if self._plan.operation.operation is OperationType.MUTATION:
                for field in root.fields:  # each to its end: what was loaded before it is not trusted after it
                    with answered_as(field.key):
                        self._run(Selection(root.type, [field], {}), answer)
                    if loaders:
                        self._context.loaders.clear()  # a mutation may have put others in their place
            else:
                self._run(root, answer)
        except Nulled:
            return ExecutionResult(None, self._errors)
        result = Answer(answer, self._errors or None)
        result.bound = self._bound
        return result

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
        calls = [
            Call(field, group, self._info(field) if field.asks_info else None)
            for group in level
            for field in group.selection.fields
        ]
        batches: list[Batch] = []
        for call in calls:
            computing.give_way()
            self._resolve(call, batches)
        for batch in batches:
            answer_batch(batch)
        wanted: dict[Loader[Any, Any], dict[Any, None]] = {}
        for call in calls:
            want(call, wanted)
        for loader, keys in wanted.items():
            loader.read(keys)
        for call in calls:
            computing.give_way()
            self._complete(call)

    def _resolve(self, call: Call, batches: list[Batch]) -> None:
        field, sources = call.field, call.group.sources
        if field.attribute:
            call.values = read(field.attribute, sources)
        elif field.relation and (name := written_as(field, sources)):
            call.values, call.is_written = read(name, sources), True
        elif field.relation:
            loader, attribute = field.relation
            call.loader, call.keys = self._context.loaders.get(loader), read(attribute, sources)
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
            call.values = [attempt(resolve, source, call.info, arguments) for source in sources]
            return
        for batch in batches:  # the same field of other groups, or under another alias
            if batch.calls[0].field.definition is field.definition and same(batch.arguments, arguments):
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
            values = settled(values)
        key = call.field.key
        if not call.is_written:
            values = self._completion.complete(call.field, call.field.shape, values, call.info)
        self._bound += bytes_of(key, values, objects=bool(call.field.below))
        if call.is_written:
            values = [text and Fragment(text) for text in values]
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
