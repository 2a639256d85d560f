"""Clients keep working: what the checked-in schema promises, the code still has."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from graphql import build_schema

from schema.management.commands import print_schema
from schema.merge import core
from tests.schema.evolution import CHECKED_IN, broken_promises

SDL = CHECKED_IN.read_text()


def test_the_code_keeps_every_promise_of_the_checked_in_schema() -> None:
    assert broken_promises(SDL, core) == []


@pytest.mark.parametrize(
    ("was", "became"),
    [
        ("  me: User\n", "  me: Node\n"),
        ("  sku: String!\n", "  sku: String\n"),
        ("  delta: Int!\n", "  delta: Int!\n  unit: String!\n"),
        ("union LogoutResult = LogoutSuccess | InvalidTokenError", "union LogoutResult = LogoutSuccess"),
        ("\n  VOIDED\n", "\n  VOID\n"),
    ],
)
def test_a_change_that_breaks_clients_is_told(was: str, became: str) -> None:
    assert was in SDL
    assert broken_promises(SDL, build_schema(SDL.replace(was, became)))


def test_an_addition_breaks_nobody() -> None:
    assert broken_promises(SDL, build_schema(SDL.replace("  me: User\n", "  me: User\n  myself: User\n"))) == []


def test_the_printed_schema_is_written_and_a_stale_one_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(print_schema, "FILE", tmp_path / "schema.graphql")
    with pytest.raises(CommandError, match="print_schema"):
        call_command("print_schema", "--check")
    call_command("print_schema")
    call_command("print_schema", "--check")
    assert capsys.readouterr().out.split() == ["schema.graphql:", "written", "schema.graphql:", "current"]
    print_schema.FILE.write_text(f"{SDL}#")
    with pytest.raises(CommandError, match="print_schema"):
        call_command("print_schema", "--check")
