"""Faults of an executor, planted into ours: the comparison has to find each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from graphql import located_error

from schema.execution import errors, executor, plan, resolving
from schema.execution.completion import Completion
from schema.execution.errors import Nulled, Report

type Mutant = Callable[[pytest.MonkeyPatch], None]


def null_items_stay_in_their_list(patch: pytest.MonkeyPatch) -> None:
    def value(self: Any, field: Any, shape: Any, value: Any, path: Any) -> Any:
        try:
            return self._inner(field, shape, value, path)
        except Nulled:
            if shape.required and not isinstance(path[-1], int):
                raise
            return None

    patch.setattr(Report, "_value", value)


def nulls_pass_where_none_may_be(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Completion, "_missing", lambda self, field: None)


def items_change_places(patch: pytest.MonkeyPatch) -> None:
    real = Completion._lists

    def lists(self: Any, *arguments: Any) -> list[Any]:
        return [some[::-1] if isinstance(some, list) else some for some in real(self, *arguments)]

    patch.setattr(Completion, "_lists", lists)


def values_of_one_type_come_together(patch: pytest.MonkeyPatch) -> None:
    real = Completion._abstract

    def abstract(self: Any, *arguments: Any) -> list[Any]:
        return sorted(real(self, *arguments), key=lambda value: str(self.chosen.get(id(value))))

    patch.setattr(Completion, "_abstract", abstract)


def aliases_are_lost(patch: pytest.MonkeyPatch) -> None:
    real = plan._Planner._field
    patch.setattr(
        plan._Planner, "_field", lambda self, kind, _, nodes: real(self, kind, nodes[0].node.name.value, nodes)
    )


def batches_are_shared_whatever_the_arguments(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(executor, "same", lambda some, others: True)


def batch_values_go_to_other_parents(patch: pytest.MonkeyPatch) -> None:
    real = resolving.answer_batch

    def answer(batch: Any) -> None:
        real(batch)
        for call in batch.calls:
            call.values = call.values[::-1]

    patch.setattr(executor, "answer_batch", answer)


def attributes_are_those_of_others(patch: pytest.MonkeyPatch) -> None:
    real = resolving.read

    def read(attribute: str, sources: Sequence[Any]) -> list[Any]:
        return real(attribute, sources[::-1])

    patch.setattr(executor, "read", read)


def a_plan_answers_another_choice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "_choosing", lambda document: set())


def errors_do_not_say_which_item(patch: pytest.MonkeyPatch) -> None:
    def located(error: Exception, nodes: Any, path: list[str | int]) -> Any:
        return located_error(error, nodes, [key for key in path if isinstance(key, str)])

    patch.setattr(errors, "located_error", located)


MUTANTS: list[Mutant] = [
    null_items_stay_in_their_list,
    nulls_pass_where_none_may_be,
    items_change_places,
    values_of_one_type_come_together,
    aliases_are_lost,
    batches_are_shared_whatever_the_arguments,
    batch_values_go_to_other_parents,
    attributes_are_those_of_others,
    a_plan_answers_another_choice,
    errors_do_not_say_which_item,
]
