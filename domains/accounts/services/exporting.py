"""All that we hold of a person, as JSON: lists of rows under the names that the domains' `personal.py` give them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import orjson

from domains.common.data import personal
from domains.common.data.transactions import snapshot

PART_ROWS = 100
PART_BYTES = 1_000_000  # a part ends with the row that reaches it


class Part(NamedTuple):
    """A document of some of the rows, and the last of them; None where nothing follows."""

    json: str
    end: personal.Position | None


def part(person_id: UUID, after: personal.Position = personal.START) -> Part:
    """The rows after a position, at most PART_ROWS, in some ten statements, however many there are."""
    lists: dict[str, list[orjson.Fragment]] = {}
    size = 0
    for count, (position, shown) in enumerate(personal.records(person_id, after), start=1):
        row = _json(shown)
        size += len(row)
        lists.setdefault(position.name, []).append(orjson.Fragment(row))
        if count == PART_ROWS or size >= PART_BYTES:
            return Part(orjson.dumps(lists).decode(), position)
    return Part(orjson.dumps(lists).decode(), None)


def document(person_id: UUID) -> Iterator[str]:
    """One document of all rows, of one moment, in pieces: only some rows are in memory at once."""
    with snapshot():
        before = "{"
        for name, rows in groupby(personal.records(person_id, for_staff=True), key=lambda record: record[0].name):
            yield f'{before}\n"{name}": [\n'
            for number, (_, shown) in enumerate(rows):
                yield (",\n" if number else "") + _json(shown).decode()
            yield "\n]"
            before = ","
        yield "\n}\n"


def _json(shown: personal.Shown) -> bytes:
    return orjson.dumps(shown, default=str)
