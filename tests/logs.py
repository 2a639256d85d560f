"""The log as production writes it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from backend.logging import JsonFormatter


@contextmanager
def json_log() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, from DEBUG on, one JSON object a line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def lines(stream: io.StringIO, message: str | None = None) -> list[dict[str, Any]]:
    """The log lines, or those with this message."""
    found = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if message in (None, line["message"])]
