"""Clients keep working: what the checked-in schema promises, the code still has."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from graphql import build_schema, is_abstract_type, lexicographic_sort_schema
from graphql import print_schema as print_schema_of

from schema.merge import core, schema
from tests.schema.evolution import CHECKED_IN, CHECKSUMS, RELEASED, ROOT, broken_promises, removals
from tests.tools.management.commands import print_schema

SDL = CHECKED_IN.read_text()
BASELINE = (RELEASED / max(CHECKSUMS)).read_text()
REMOVALS = (ROOT / "schema" / "docs" / "removals.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("name", CHECKSUMS)
def test_the_code_keeps_every_promise_of_a_release_but_those_whose_removal_was_announced(name: str) -> None:
    broken = broken_promises((RELEASED / name).read_text(), core)
    assert set(broken) - removals(REMOVALS, date.today()) == set()  # noqa: DTZ011


def test_what_was_released_is_not_rewritten() -> None:
    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in RELEASED.iterdir()}
    assert digests == CHECKSUMS


def test_the_checked_in_schema_is_what_the_code_says() -> None:
    call_command("print_schema", "--check")


def test_a_removal_counts_from_its_day_on_and_after_ninety_days_of_notice() -> None:
    page = (
        "- 2027-06-01: A.b was removed. (announced 2027-02-01)\n- 2027-06-01: C.d was removed. (announced 2027-05-01)"
    )
    assert removals(page, date(2027, 5, 31)) == set()
    assert removals(page, date(2027, 6, 1)) == {"A.b was removed."}


def test_the_changelog_names_every_root_field() -> None:
    kinds = (core.query_type, core.mutation_type, core.subscription_type)
    names = {name for kind in kinds if kind for name in kind.fields}
    assert names - set(re.findall(r"`(\w+)", CHANGELOG)) == set()


def test_what_is_deprecated_says_when_it_goes() -> None:
    reasons = re.findall(r"@deprecated(?:\(reason: \"([^\"]*)\"\))?", SDL)
    assert [reason for reason in reasons if not re.search(r"\d{4}-\d{2}-\d{2}", reason)] == []


def test_what_stands_in_the_printed_schema_is_sorted_and_is_what_the_code_says() -> None:
    printed, said = build_schema(SDL), build_schema(schema.as_str())
    in_order = print_schema_of(lexicographic_sort_schema(printed))
    assert print_schema_of(printed) == in_order
    said.description = core.description  # which Strawberry does not print
    assert print_schema_of(lexicographic_sort_schema(said)) == in_order
    applied = re.compile(r"(\w+)[^\w\n]* @(\w+)")
    assert sorted(applied.findall(SDL)) == sorted(applied.findall(schema.as_str()))


@pytest.mark.parametrize(
    ("was", "became"),
    [
        ("  me: User\n", "  me: Node\n"),
        ("  sku: String!\n", "  sku: String\n"),
        ("  delta: Int!\n", "  delta: Int!\n  unit: String!\n"),
        ("union LogoutResult = InvalidTokenError | LogoutSuccess", "union LogoutResult = LogoutSuccess"),
        ("  pendingEmail: String\n", "  waitingEmail: String\n"),
        ("  orderUpdated(", "  orderFollowed("),
        ("\n  VOIDED\n", "\n  VOID\n"),
    ],
)
def test_a_change_that_breaks_clients_is_told(was: str, became: str) -> None:
    assert was in SDL
    assert broken_promises(BASELINE, build_schema(SDL.replace(was, became)))


def test_an_addition_breaks_nobody() -> None:
    assert broken_promises(SDL, build_schema(SDL.replace("  me: User\n", "  me: User\n  myself: User\n"))) == []


def test_what_is_printed_is_written_and_a_stale_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(print_schema.Command, "folder", tmp_path)
    with pytest.raises(CommandError, match=r"schema.graphql .*print_schema"):
        call_command("print_schema", "--check")
    call_command("print_schema")
    call_command("print_schema", "--check")
    names = ("schema.graphql", "cache.json")
    told = [f"{name}: {state}" for state in ("written", "current") for name in names]
    assert capsys.readouterr().out.splitlines() == told
    for file in tmp_path.iterdir():
        current = file.read_text()
        file.write_text(f"{current} ")
        with pytest.raises(CommandError, match=f"{file.name} .*print_schema"):
            call_command("print_schema", "--check")
        file.write_text(current)


def test_caches_are_told_every_member_and_every_type_that_has_no_id_of_its_own() -> None:
    cache = json.loads((CHECKED_IN.parent / "cache.json").read_text())
    printed = build_schema(SDL)
    assert "InvalidCredentialsError" in cache["possibleTypes"]["UserError"]
    for name, kind in printed.type_map.items():
        if is_abstract_type(kind):
            assert {member.name for member in printed.get_possible_types(kind)} == set(cache["possibleTypes"][name])
    assert {"Money", "PageInfo", "LoginSuccess"} <= cache["typePolicies"].keys()
    assert not {"Order", "Query", "Node"} & cache["typePolicies"].keys()
