"""An answer is written in one piece only where its size is sure to be allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.writing import bytes_of

LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
VALUES = st.lists(LEAVES, min_size=1) | st.lists(st.lists(LEAVES), min_size=1) | st.lists(st.text(), min_size=1)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.from_regex("[_A-Za-z][_0-9A-Za-z]*", fullmatch=True), VALUES)
def test_values_take_no_more_bytes_than_their_bound(key: str, values: Sequence[Any]) -> None:
    written = sum(len(orjson.dumps({key: value})) for value in values)
    assert written <= bytes_of(key, values)


def test_what_nobody_knows_the_size_of_has_no_bound() -> None:
    unknown: Sequence[Any]
    for unknown in ([{"any": "object"}], [{"any": "object"}, None], [["text", 1], "text"], [[{}]], [object()]):
        assert bytes_of("json", unknown) == float("inf")
