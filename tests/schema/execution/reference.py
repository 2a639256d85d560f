"""What graphql-core itself answers, and how its answer is compared with ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import graphql
import orjson
from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from graphql.execution.executor import Executor

from domains.common.graphql.loaders import Pending
from schema.execution.executor import execute
from schema.execution.plan import Plans

type Error = tuple[str, str, str, str]  # message, path, locations, class of what was raised


@dataclass
class Answer:
    """What a client can see of an execution, and the class behind each error; errors in any order."""

    data: Any
    errors: list[Error]

    @classmethod
    def of(cls, result: ExecutionResult) -> Answer:
        errors = [
            (error.message, str(error.path), str(error.locations), type(error.original_error).__name__)
            for error in result.errors or ()
        ]
        return cls(orjson.loads(orjson.dumps(result.data)), sorted(errors))


class Settling(Executor[Any]):
    """graphql-core, object by object; what a loader is to read is read when it is met."""

    def complete_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position: Any) -> Any:
        settled = result.now() if type(result) is Pending else result
        return super().complete_value(return_type, details, info, path, settled, position)

    def execute_field(self, parent_type: Any, *rest: Any) -> Any:
        value = super().execute_field(parent_type, *rest)
        if parent_type is self.schema.mutation_type:
            self.context_value.loaders.clear()
        return value


def by_reference(
    schema: GraphQLSchema,
    document: DocumentNode,
    context: Any,
    variables: dict[str, Any] | None = None,
    name: str | None = None,
) -> Answer:
    """What graphql-core answers."""
    result = graphql.execute(
        schema,
        document,
        context_value=context,
        variable_values=variables,
        operation_name=name,
        executor_class=Settling,
    )
    return Answer.of(cast("ExecutionResult", result))


def by_engine(
    schema: GraphQLSchema,
    document: DocumentNode,
    context: Any,
    variables: dict[str, Any] | None = None,
    plans: Plans | None = None,
    name: str | None = None,
) -> Answer:
    """What we answer."""
    result = execute(
        schema, document, context_value=context, variable_values=variables, operation_name=name, plans=plans
    )
    return Answer.of(result)
