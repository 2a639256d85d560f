"""What is asked of both engines, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import orjson
from django.db import transaction
from django.test import RequestFactory
from graphql import DocumentNode, FieldNode, OperationType, parse, validate

from domains.common.graphql.context import Context
from schema.documents import RULES
from schema.execution.executor import execute
from schema.execution.plan import Plans
from schema.merge import core
from tests.promises.equivalence.documents import Operation, Writer, made_up
from tests.promises.equivalence.planted import planted
from tests.promises.equivalence.shop import VIEWERS
from tests.promises.figures import size
from tests.schema.execution.reference import Answer, by_reference

MADE_UP = size(12, 120)  # of each root field, by Hypothesis
VARIANTS = (0, 0, 0, 1, 2, 3, 4, 5, 6, 7)  # which faults are planted; 0: none
CURSORS = """{ products(first: 3) { edges { cursor } } orders(first: 2) { edges { cursor } }
    category(slug: "category-0") { products(first: 1) { edges { cursor } } }
    me { sessionPage(first: 1) { edges { cursor } } } }"""
# What two calls of a mutation never share: moments, tokens, new ids, new numbers.
_OF_THE_CALL = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+]+|[A-Za-z0-9_.-]{30,}|\d{4}-\d{6}")


@dataclass(frozen=True, eq=False)
class Case:
    """One operation, who asks, and which faults are planted."""

    operation: Operation
    document: DocumentNode
    viewer: str
    variant: int

    @property
    def writes(self) -> bool:
        return self.operation.text.startswith("mutation")

    def by_engine(self) -> Answer:
        """Our answer. A plan of another choice of its @skip and @include is known already."""
        plans, flipped = Plans(), {k: not v if isinstance(v, bool) else v for k, v in self.operation.variables.items()}
        if flipped != self.operation.variables:
            self._answered(lambda context: Answer.of(_execute(self.document, context, flipped, plans)))
        return self._answered(
            lambda context: Answer.of(_execute(self.document, context, self.operation.variables, plans))
        )

    def by_reference(self) -> Answer:
        """graphql-core's answer."""
        return self._answered(lambda context: by_reference(core, self.document, context, self.operation.variables))

    def _answered(self, run: Callable[[Context], Answer]) -> Answer:
        context = Context(RequestFactory().post("/graphql"), VIEWERS[self.viewer])
        with planted(core, self.variant), _rolled_back():
            answer = run(context)
        return _masked(answer) if self.writes else answer


def _execute(document: DocumentNode, context: Context, variables: dict[str, Any], plans: Plans) -> Any:
    return execute(core, document, context_value=context, variable_values=variables, plans=plans)


@contextmanager
def _rolled_back() -> Iterator[None]:
    block = transaction.atomic()
    # As of a TestCase: mutations, which want to be the outermost block, may run in it.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


def _masked(answer: Answer) -> Answer:
    text = _OF_THE_CALL.sub("*", orjson.dumps([answer.data, answer.errors]).decode())
    data, errors = orjson.loads(text)
    return Answer(data, errors)


@cache
def _roots() -> list[tuple[OperationType, list[FieldNode]]]:
    """What Hypothesis made up for each root field."""
    kinds = (OperationType.QUERY, OperationType.MUTATION)
    return [
        (kind, made_up(core, kind, name, MADE_UP))
        for kind in kinds
        if (root := core.get_root_type(kind))
        for name in root.fields
    ]


@cache
def _cursors() -> list[str]:
    context = Context(RequestFactory().post("/graphql"), VIEWERS["staff"])
    data = orjson.dumps(execute(core, parse(CURSORS), context_value=context).data).decode()
    return re.findall('"cursor":"([^"]+)"', data)


def case(number: int) -> Case | None:
    """The case with this number, always the same one; None where what was written is not valid."""
    random = Random(number)
    kind = OperationType.MUTATION if random.random() < 0.12 else OperationType.QUERY
    pools = [found for of, found in _roots() if of is kind]
    roots = [random.choice(random.choice(pools)) for _ in range(random.choice((1, 1, 1, 2)))]
    operation = Writer(core, random, _cursors()).operation(kind, roots)
    document = parse(operation.text)
    if validate(core, document, RULES):
        return None
    viewer = random.choice(("nobody", *["customer"] * 3, *["staff"] * 6))
    return Case(operation, document, viewer, random.choice(VARIANTS))
