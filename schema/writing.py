"""Writes an answer's data as JSON, no more than it may have.

What cannot be too large, whichever characters it has, is written in one piece. Anything else is written object by
object, the innermost first: what is refused never stood in memory as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any

import orjson

_NESTED = (dict, list)
_CHARACTER = 6  # bytes that JSON needs for one at most: \u0000
_VALUE = 32  # bytes of a number at most, or of what stands around any other value
_SIZED = frozenset([str, int, float, bool, type(None)])


class TooLarge(Exception):
    """The answer has at least so many bytes, and may have so many."""

    def __init__(self, measured: int, allowed: int) -> None:
        super().__init__(measured, allowed)
        self.measured, self.allowed = measured, allowed


def written(value: Any, most: int, *, bound: float = math.inf, beside: list[dict[str, Any]]) -> orjson.Fragment:
    """The value, which has no more than `bound` bytes, as JSON of at most so many, the errors beside it counted.

    Raises TooLarge.
    """
    size = len(orjson.dumps(beside)) if beside else 0
    return orjson.Fragment(orjson.dumps(value) if size + bound <= most else _Writer(most, size).write(value))


def bytes_of(key: str, values: Sequence[Any], *, objects: bool = False) -> float:
    """What JSON of these values under this key has at most; infinity when nobody knows.

    `objects`: they are dicts, what is in these is counted elsewhere.
    """
    kinds = set(map(type, values))
    size = len(values) * (len(key) + _VALUE)
    if kinds == {str}:
        return size + _CHARACTER * len("".join(values))
    if kinds == {list}:
        return size + bytes_of("", list(chain.from_iterable(values)), objects=objects)
    if objects and kinds <= {dict, type(None)}:
        return size
    if kinds <= _SIZED:
        return size + _CHARACTER * sum(len(value) for value in values if type(value) is str)
    return math.inf


class _Writer:
    def __init__(self, most: int, size: int) -> None:
        self._most = most
        self._size = size

    def write(self, value: Any) -> bytes:
        before = self._size
        if isinstance(value, dict):
            value = {name: self._part(item) if isinstance(item, _NESTED) else item for name, item in value.items()}
        elif isinstance(value, list):
            value = [self._part(item) if isinstance(item, _NESTED) else item for item in value]
        text = orjson.dumps(value)
        self._size = before + len(text)  # what is in it has been counted, too, while it was being written
        if self._size > self._most:
            raise TooLarge(self._size, self._most)
        return text

    def _part(self, value: Any) -> orjson.Fragment:
        return orjson.Fragment(self.write(value))
