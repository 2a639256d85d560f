"""Putting rows in the order of the keys they were asked by."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from domains.common.graphql.loaders import Loader, Loaders, by_key, grouped

ROWS = [SimpleNamespace(id=2, owner="b"), SimpleNamespace(id=1, owner="a"), SimpleNamespace(id=3, owner="b")]


def test_rows_are_matched_to_their_keys_and_missing_ones_are_none() -> None:
    assert by_key(ROWS, [1, 4, 2]) == [ROWS[1], None, ROWS[0]]


def test_rows_are_grouped_by_key_in_their_own_order() -> None:
    assert grouped(ROWS, ["b", "c", "a"], "owner") == [[ROWS[0], ROWS[2]], [], [ROWS[1]]]


class _CountingLoader(Loader[int, int]):
    def __init__(self, viewer: Any) -> None:
        super().__init__(viewer)
        self.batches: list[list[int]] = []

    def batch(self, keys: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(keys))
        return keys


def test_a_key_is_read_once_until_the_loaders_are_cleared() -> None:
    loaders = Loaders(cast("Any", None))
    loader = loaders.get(_CountingLoader)
    loader.read([1, 2])
    loader.read([2, 3])
    assert loader.load(3).now() == 3
    loaders.clear()
    loaders.get(_CountingLoader).read([1])
    assert loader.batches == [[1, 2], [3]]
    assert loaders.get(_CountingLoader).batches == [[1]]


def test_a_request_has_one_instance_of_a_loader() -> None:
    loaders = Loaders(cast("Any", None))
    assert loaders.get(_CountingLoader) is loaders.get(_CountingLoader)
    assert Loaders(cast("Any", None)).get(_CountingLoader) is not loaders.get(_CountingLoader)
