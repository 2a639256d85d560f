"""Documents by name: those that were imported, those that clients register, and a service that takes no others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import transaction

from domains.common.guard import redis
from schema import persisted
from schema.models import TrustedDocument
from tests.domains.common.together import elsewhere
from tests.domains.orders.shop import somebody_waits_for_us
from tests.processes import free_port, wait_until
from tests.schema.wire import GRAPHQL, JSON, body, code, get, post

pytestmark = pytest.mark.django_db
QUERY = "query Kind { __typename }"
OTHER = "query Me { me { id } }"
ANSWER = {"data": {"__typename": "Query"}}


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def hashed(digest: str, **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}, **more}


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    persisted._known.clear()
    redis.client().delete(*[persisted._slot(persisted.sha256(text)) for text in (QUERY, OTHER)])
    yield
    persisted._known.clear()


def manifest(folder: Path, content: Any) -> Path:
    file = folder / "persisted-documents.json"
    file.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return file


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    file = manifest(tmp_path, {persisted.sha256(QUERY): QUERY})
    call_command("trusted_documents", "import", str(file))
    return file


def test_nothing_is_kept_under_names_that_clients_lengthen(imported: Path) -> None:
    assert code(post({"documentId": "x" * 200 + ":" + persisted.sha256(QUERY)})) == "PERSISTED_QUERY_NOT_FOUND"
    assert not persisted._known


@pytest.mark.parametrize("prefix", ["", "sha256:"])
def test_an_imported_document_is_executed_by_its_document_id(imported: Path, prefix: str) -> None:
    assert body(post({"documentId": prefix + persisted.sha256(QUERY)})) == ANSWER
    assert body(get(documentId=prefix + persisted.sha256(QUERY))) == ANSWER
    assert body(post(hashed(persisted.sha256(QUERY)))) == ANSWER


def test_the_manifest_of_apollos_generator_is_imported(tmp_path: Path) -> None:
    operation = {"id": persisted.sha256(QUERY), "name": "Kind", "type": "query", "body": QUERY}
    content = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    call_command("trusted_documents", "import", str(manifest(tmp_path, content)))
    assert body(post(hashed(persisted.sha256(QUERY)))) == ANSWER


def test_a_manifest_of_sha1_hashes_works_by_both_hashes(tmp_path: Path) -> None:
    call_command("trusted_documents", "import", str(manifest(tmp_path, {sha1(QUERY): QUERY})))
    for identifier in (sha1(QUERY), f"sha1:{sha1(QUERY)}", persisted.sha256(QUERY)):
        assert body(post({"documentId": identifier})) == ANSWER
    assert body(post(hashed(sha1(QUERY)))) == ANSWER


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
def test_an_unknown_document_id_is_not_found(accept: str, status: int) -> None:
    response = post({"documentId": "sha256:" + "0" * 64}, Accept=accept)
    assert (response.status_code, code(response)) == (status, "PERSISTED_QUERY_NOT_FOUND")


def test_query_and_document_id_together_are_refused(imported: Path) -> None:
    assert code(post({"query": QUERY, "documentId": persisted.sha256(QUERY)})) == "BAD_REQUEST"


def test_an_import_can_be_repeated(imported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("trusted_documents", "import", str(imported))
    assert capsys.readouterr().out.splitlines()[-1] == "0 documents added, 1 were there"
    assert TrustedDocument.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", r"persisted-documents.json:1:\d+: not JSON"),
        ([QUERY], "not a manifest"),
        ({"a": 1}, "not a manifest"),
        ({"format": "apollo-persisted-query-manifest", "operations": [{"id": "a"}]}, "not a manifest"),
        ({"good": QUERY, "bad": "{ nope }"}, r"bad:1:3: Cannot query field 'nope'"),
        ({"good": QUERY, "bad": "{"}, r"bad:1:2: Syntax Error"),
        ({"good": QUERY, "a" * 64: QUERY}, r"a{64}: the document is not the one that was hashed"),
        ({"good": QUERY, "A" * 64: QUERY}, r"A{64}: the document is not the one that was hashed"),
        ({"good": QUERY, "a" * 32: QUERY}, r"a{32}: the document is not the one that was hashed"),
        ({"x" * 129: QUERY}, "1 to 128 characters"),
        ({"good": QUERY, "one:bad": QUERY, "two:bad": OTHER}, "bad: is another document here; remove it first"),
    ],
)
def test_a_manifest_with_one_fault_imports_nothing_and_says_where_it_is(
    tmp_path: Path, content: Any, told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("trusted_documents", "import", str(manifest(tmp_path, content)))
    assert not TrustedDocument.objects.exists()


def test_a_manifest_that_reuses_a_name_for_another_document_imports_nothing(tmp_path: Path) -> None:
    call_command("trusted_documents", "import", str(manifest(tmp_path, {"Kind": QUERY, "Same": OTHER})))
    again = manifest(tmp_path, {"New": OTHER, "Kind": OTHER, "Same": OTHER})
    with pytest.raises(CommandError) as refused:
        call_command("trusted_documents", "import", str(again))
    told, end = str(refused.value).splitlines()
    assert (told, end) == ("Kind: is another document here; remove it first", "nothing was imported")
    assert refused.value.returncode == 1
    assert dict(TrustedDocument.objects.values_list("identifier", "text")) == {"Kind": QUERY, "Same": OTHER}


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_that_give_a_name_to_different_documents_the_later_is_refused(tmp_path: Path) -> None:
    file = str(manifest(tmp_path, {"Kind": OTHER, "New": OTHER}))
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            TrustedDocument.objects.create(identifier="Kind", sha256=persisted.sha256(QUERY), text=QUERY)
            importing = threads.submit(elsewhere, partial(call_command, "trusted_documents", "import", file))
            wait_until(somebody_waits_for_us, what="the other import waits for this one")
        assert "Kind: is another document here" in str(importing.result())
    assert list(TrustedDocument.objects.values_list("identifier", "text")) == [("Kind", QUERY)]


def test_a_manifest_of_md5_hashes_works(tmp_path: Path) -> None:
    digest = hashlib.md5(QUERY.encode()).hexdigest()
    call_command("trusted_documents", "import", str(manifest(tmp_path, {digest: QUERY})))
    assert body(post({"documentId": digest})) == ANSWER


def test_what_is_trusted_can_be_listed_and_removed(imported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("trusted_documents", "list")
    assert "query Kind" in capsys.readouterr().out
    call_command("trusted_documents", "remove", persisted.sha256(QUERY))
    persisted._known.clear()
    assert code(post({"documentId": persisted.sha256(QUERY)})) == "PERSISTED_QUERY_NOT_FOUND"


def test_where_only_trusted_documents_are_executed_others_are_refused(imported: Path, settings: LazySettings) -> None:
    settings.TRUSTED_DOCUMENTS_ONLY = True
    assert body(post({"documentId": persisted.sha256(QUERY)})) == ANSWER
    assert body(post({"query": QUERY})) == ANSWER
    for refused in ({"query": OTHER}, {"query": QUERY + " "}, hashed(persisted.sha256(OTHER), query=OTHER)):
        response = post(refused)
        assert (response.status_code, code(response)) == (403, "FORBIDDEN")
    assert get(query=OTHER).status_code == 403
    assert code(post(hashed(persisted.sha256(OTHER)))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
def test_a_client_registers_a_query_by_sending_it_once_with_its_hash(accept: str, status: int) -> None:
    digest = persisted.sha256(QUERY)
    missed = post(hashed(digest), Accept=accept)
    assert (missed.status_code, code(missed)) == (status, "PERSISTED_QUERY_NOT_FOUND")
    assert body(missed)["errors"][0]["message"] == "PersistedQueryNotFound"  # what Apollo and urql look for
    assert body(post(hashed(digest, query=QUERY), Accept=accept)) == ANSWER
    assert body(post(hashed(digest), Accept=accept)) == ANSWER
    extensions = orjson.dumps(hashed(digest)["extensions"]).decode()
    assert body(get({"Accept": accept}, extensions=extensions)) == ANSWER


def test_a_query_that_is_not_valid_is_not_registered() -> None:
    text = "{ nope }"
    post(hashed(persisted.sha256(text), query=text))
    assert code(post(hashed(persisted.sha256(text)))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("wrong", ["0" * 64, "", "x" * 200, None, 1, [], {}])
def test_a_hash_that_is_not_that_of_the_query_is_a_bad_request(wrong: Any) -> None:
    response = post(hashed(wrong, query=QUERY))
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


def test_what_was_registered_is_forgotten_after_a_day_without_use() -> None:
    digest = persisted.sha256(QUERY)
    post(hashed(digest, query=QUERY))
    remaining: Any = redis.client().ttl(persisted._slot(digest))
    assert 0 < remaining <= 86_400


def test_of_two_documents_that_share_a_slot_the_later_is_kept_and_neither_is_taken_for_the_other() -> None:
    first = persisted.sha256(QUERY)
    texts = (f"{{ __typename }} # {number}" for number in range(1_000_000))
    other = next(text for text in texts if persisted._slot(persisted.sha256(text)) == persisted._slot(first))
    post(hashed(first, query=QUERY))
    assert code(post(hashed(persisted.sha256(other)))) == "PERSISTED_QUERY_NOT_FOUND"
    post(hashed(persisted.sha256(other), query=other))
    assert body(post(hashed(persisted.sha256(other)))) == ANSWER
    assert code(post(hashed(first))) == "PERSISTED_QUERY_NOT_FOUND"


def test_however_many_documents_are_registered_redis_keeps_4096(settings: LazySettings) -> None:
    settings.REDIS_PREFIX += "slots:"
    for number in range(8_000):
        persisted.register(persisted.sha256(str(number)), QUERY)
    kept = list(redis.client().scan_iter(redis.key("*"), count=5_000))
    redis.client().delete(*kept)
    assert 3_000 < len(kept) <= 4_096


def test_registered_documents_never_take_more_than_43_megabytes(settings: LazySettings) -> None:
    settings.REDIS_PREFIX += "bytes:"
    for text in ("ü" * 5_000, "ü" * 5_001):
        persisted.register(persisted.sha256(text), text)
    assert [persisted._registered(persisted.sha256("ü" * length)) for length in (5_000, 5_001)] == ["ü" * 5_000, None]
    assert persisted.REGISTERED_DOCUMENTS * persisted.REGISTERED_BYTES < 41_000_000  # and 2 MB for keys


def test_without_redis_clients_fall_back_to_the_whole_query(settings: LazySettings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    digest = persisted.sha256(QUERY)
    assert code(post(hashed(digest))) == "PERSISTED_QUERY_NOT_FOUND"
    assert body(post(hashed(digest, query=QUERY))) == ANSWER


def test_a_registered_mutation_is_not_executed_by_get() -> None:
    mutation = "mutation { logout { __typename } }"
    digest = persisted.sha256(mutation)
    post(hashed(digest, query=mutation))
    assert get(extensions=orjson.dumps(hashed(digest)["extensions"]).decode()).status_code == 405
