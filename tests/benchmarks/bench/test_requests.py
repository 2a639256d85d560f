"""Answers of different servers are compared by what they say, not by how."""

from __future__ import annotations

import json
from typing import Any

from domains.common.data.models import new_id
from domains.common.graphql.ids import to_global_id
from tests.benchmarks.bench.requests import difference, leaves

KEY = new_id()


def told(answer: Any) -> Any:
    return leaves(json.dumps(answer).encode())


def test_the_same_answer_of_two_servers_is_the_same_whatever_its_shape() -> None:
    ours = {"data": {"products": {"edges": [{"cursor": "abc", "node": {"id": to_global_id("Product", KEY), "n": 2}}]}}}
    theirs = [{"rowId": str(KEY), "count": {"n": 2}}]
    assert difference([told(ours)], [told(theirs)]) == ""


def test_one_value_more_or_less_is_told() -> None:
    answers = [told({"n": [1, "a"]}), told({"n": [1, "a", "a"]})]
    assert difference(answers, [answers[0], told({"n": [1, "a"]})]) == "answers a (1) instead of nothing"
