"""Writes an answer's data as JSON, no more than it may have.

It is written object by object, the innermost first: what is refused never stood in memory as a whole.
"""

from __future__ import annotations

from typing import Any

import orjson

_NESTED = (dict, list)


class TooLarge(Exception):
    """The answer has at least so many bytes, and may have so many."""

    def __init__(self, measured: int, allowed: int) -> None:
        super().__init__(measured, allowed)
        self.measured, self.allowed = measured, allowed


def written(value: Any, most: int, *, beside: list[dict[str, Any]]) -> orjson.Fragment:
    """The value as JSON of at most so many bytes, the errors beside it counted. Raises TooLarge."""
    return orjson.Fragment(_Writer(most, len(orjson.dumps(beside)) if beside else 0).write(value))


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
