"""What is sent: the bytes of each request, from a folder of queries and what varies from request to request.

`Q1.graphql` is a document, posted to the server's URL with those of the variables that it declares. `Q1.json` is a
request of another kind: method, path (with {names} of variables) and the names of the variables that make the body.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

DECLARED = re.compile(r"\$(\w+)\s*:")
# Each server's own.
OPAQUE = frozenset(
    [
        "cursor",
        "startCursor",
        "endCursor",
        "next",
        "previous",
        "accessToken",
        "refreshToken",
        "__typename",
        "extensions",
    ]
)


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of request. `share` of the number of requests is sent: some take long."""

    name: str
    what: str
    proof: bytes  # in every answer that succeeded
    share: float = 1.0


WORKLOADS = (
    Workload("Q1", "a product by slug", b"BENCH-"),
    Workload("Q2", "20 products with cursors", b"BENCH-"),
    Workload("Q3", "my 20 orders x 3 lines x product x category", b"Category "),
    Workload("Q4", "search, first 20", b"BENCH-"),
    Workload("M1", "createOrder of 2 lines", b"CONFIRMED"),
    Workload("sign-in", "sign in", b"@example.com", share=0.1),
)


def prepared(url: str, folder: Path, name: str, variants: list[dict[str, Any]], count: int) -> Iterator[bytes]:
    """So many requests, the variants in turn; None of the same idempotency key."""
    write = _writer(url, folder, name)
    return (write(_fresh(variant)) for variant in islice(cycle(variants), count))


def is_asked(folder: Path, name: str) -> bool:
    """Whether the folder has this workload."""
    return any((folder / f"{name}.{ending}").exists() for ending in ("graphql", "json"))


def _fresh(variant: dict[str, Any]) -> dict[str, Any]:
    if "input" not in variant:
        return variant
    key = str(uuid.uuid4())
    return {**variant, "key": key, "input": {**variant["input"], "idempotencyKey": key}}


def _writer(url: str, folder: Path, name: str) -> Any:
    document = folder / f"{name}.graphql"
    if document.exists():
        text = " ".join(document.read_text().split())
        declared = set(DECLARED.findall(text))

        def write(variant: dict[str, Any]) -> bytes:
            variables = {name: value for name, value in variant.items() if name in declared}
            return _bytes(url, "POST", urlsplit(url).path, variant, {"query": text, "variables": variables})

        return write
    shape = json.loads((folder / f"{name}.json").read_text())

    def write_plain(variant: dict[str, Any]) -> bytes:
        path = shape["path"].format(**{name: quote(str(value)) for name, value in variant.items()})
        body = {name: variant[name] for name in shape["body"]} if "body" in shape else None
        return _bytes(url, shape["method"], path, variant, body)

    return write_plain


def _bytes(url: str, method: str, path: str, variant: dict[str, Any], body: dict[str, Any] | None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", "Accept: application/json"]
    if "token" in variant:
        lines.append(f"Authorization: Bearer {variant['token']}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def leaves(answer: bytes) -> Counter[str]:
    """The leaf values of an answer, without the opaque ones; an id counts as the UUID in it."""
    try:
        return Counter(_leaves(json.loads(answer)))
    except ValueError:
        return Counter([answer.decode(errors="replace")])


def difference(answers: list[Counter[str]], expected: list[Counter[str]]) -> str:
    """What differs first, in words; nothing when the answers are the same."""
    for answer, wanted in zip(answers, expected, strict=True):
        if answer != wanted:
            return f"answers {_some(answer - wanted)} instead of {_some(wanted - answer)}"
    return ""


def _some(values: Counter[str]) -> str:
    return ", ".join(f"{value[:60]} ({count})" for value, count in list(values.items())[:5]) or "nothing"


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in OPAQUE:
                yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield _plain(value)


def _plain(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    for text in (value, _decoded(value)):
        if found := re.search(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", text):
            return found[0].replace("-", "")
    return value


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return ""
