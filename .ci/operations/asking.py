"""One request at a time, and what many were told."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import Counter
from typing import Any

from harness import Web
from load import Report


def ask(web: Web, token: str, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The data of an answer without errors."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    with urllib.request.urlopen(urllib.request.Request(web.url, body, headers), timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    assert not answer.get("errors"), answer
    data: dict[str, Any] = answer["data"]
    return data


def outcomes(report: Report) -> dict[str, int]:
    """How many were answered, and how many of the others were told what: by operation, HTTP status and code."""
    told: Counter[str] = Counter(answered=report.answered.total())
    for failure, count in report.failures.items():
        name, _, what = failure.partition(": ")
        code = re.search(r'"code":"(\w+)', what)
        status = what[:3] if what[:3].isdigit() else "200"
        told[f"{name} {status} {code[1] if code else what}"] += count
    return dict(told)
