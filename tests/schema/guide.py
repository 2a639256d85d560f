"""Reads the fences of the pages for clients, and sends their curl lines."""

from __future__ import annotations

import json
import re
import shlex
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from tests.processes import ROOT

DOCS = ROOT / "schema/docs"
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
ADDRESSES = {"http://127.0.0.1:8000/graphql", "https://api.example/graphql"}


@dataclass(frozen=True)
class Fence:
    """A snippet; `file` is where it stands in the repository, if it names a place."""

    page: str
    line: int
    language: str
    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def fences(*pages: str) -> list[Fence]:
    """Of these pages, in their order."""
    return [fence for name in pages for fence in _of(DOCS / name)]


def _of(page: Path) -> list[Fence]:
    text = page.read_text()
    return [
        Fence(page.name, text.count("\n", 0, found.start()) + 1, found[1], found[2] or "", found[3])
        for found in _FENCE.finditer(text)
    ]


def send(command: str, url: str, known: dict[str, str]) -> Any:
    """What the server answers to a curl command: JSON, or the first event of a stream."""
    headers, body = curl(command, known)
    request = urllib.request.Request(url, body.encode(), headers)
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        if "text/event-stream" not in answer.headers["Content-Type"]:
            return json.load(answer)
        return next(json.loads(line.removeprefix(b"data: ")) for line in answer if line.startswith(b"data: {"))


def curl(command: str, known: dict[str, str]) -> tuple[dict[str, str], str]:
    """The headers and the body that a curl command sends to one of the ADDRESSES."""
    words = shlex.split(_filled(command.replace("\\\n", " "), known))
    assert words[0] == "curl", command
    assert ADDRESSES & set(words), command
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    return headers, words[words.index("-d") + 1]


def _filled(command: str, known: dict[str, str]) -> str:
    """With the variables of the shell replaced where the shell would: not between single quotes."""
    return re.sub(r"'[^']*'|[^']+", lambda part: _expanded(part[0], known), command)


def _expanded(part: str, known: dict[str, str]) -> str:
    return part if part.startswith("'") else Template(part).substitute(known)


def fits(expected: Any, actual: Any) -> bool:
    """Equal, where "begins ..." in the page stands for whatever follows."""
    if isinstance(expected, str) and expected.endswith("..."):
        return isinstance(actual, str) and actual.startswith(expected.removesuffix("...").rstrip())
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(fits(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(fits, expected, actual))
    return bool(expected == actual)
