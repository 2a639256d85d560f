"""What the page about requests shows is what happens."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from domains.common.guard import redis
from schema import persisted
from tests.schema.guide import Fence, curl, fences
from tests.schema.wire import body, code, post

pytestmark = pytest.mark.django_db
FENCES = fences("requests.md")
QUERY = "query Whoever { me { id } }"
SHA256 = hashlib.sha256(QUERY.encode()).hexdigest()
ANSWER = {"data": {"me": None}}


@pytest.fixture(autouse=True)
def unknown() -> Iterator[None]:
    persisted._known.clear()
    redis.client().delete(persisted._slot(SHA256))
    yield
    persisted._known.clear()


def of(language: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language == language]


def test_every_snippet_is_of_a_kind_that_is_tried_below() -> None:
    assert {fence.language for fence in FENCES} == {"json", "sh"}


@pytest.mark.parametrize("fence", of("json"), ids=str)
def test_a_client_that_asks_is_told_the_cost(fence: Fence) -> None:
    assert body(post({"query": "{ me { id } }", "extensions": {"cost": True}})) == json.loads(fence.text)


@pytest.mark.parametrize("fence", of("sh"), ids=str)
def test_a_document_that_was_imported_is_executed_by_its_hash(
    fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("persisted-documents.json").write_text(json.dumps({SHA256: QUERY}))
    command, sent = fence.text.split("\n", 1)
    _, _, *words = shlex.split(command)
    call_command(*words)
    headers, text = curl(sent, {})
    assert headers == {"content-type": "application/json"}
    assert body(post(_by_its_whole_hash(json.loads(text)))) == ANSWER


def _by_its_whole_hash(request: dict[str, Any]) -> dict[str, Any]:
    """The page shows the beginning of some hash."""
    assert request["documentId"].startswith("sha256:")
    assert request["documentId"].endswith("...")
    return {**request, "documentId": f"sha256:{SHA256}"}


def test_a_query_that_is_sent_once_with_its_hash_is_executed_by_the_hash_alone() -> None:
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": SHA256}}}
    missed = post(named)
    assert code(missed) == "PERSISTED_QUERY_NOT_FOUND"
    assert body(missed)["errors"][0]["message"] == "PersistedQueryNotFound"
    assert body(post({**named, "query": QUERY})) == ANSWER
    assert body(post(named)) == ANSWER
