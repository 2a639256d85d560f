"""Telling what a change of the schema does to clients that were written for an earlier one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from graphql import GraphQLSchema, build_schema, find_breaking_changes

ROOT = Path(__file__).resolve().parents[2]
CHECKED_IN = ROOT / "schema" / "schema.graphql"
RELEASED = ROOT / "schema" / "released"
# No command writes these files: a release adds one, and what was released does not change.
CHECKSUMS = {"2026-11-22.graphql": "1c21bcd3dc90f863586ffd3b6973ef88cd8f53a8195e0f59da95360d7ce69e70"}
NOTICE_DAYS = 90
_REMOVAL = re.compile(r"^- (\d{4}-\d{2}-\d{2}): (.+) \(announced (\d{4}-\d{2}-\d{2})\)$")


def broken_promises(earlier: str, now: GraphQLSchema) -> list[str]:
    """What clients of the `earlier` schema (SDL) can no longer rely on."""
    return [change.description for change in find_breaking_changes(build_schema(earlier), now)]


def removals(page: str, today: date) -> set[str]:
    """The breaking changes that a page lists and whose day has come, each announced NOTICE_DAYS before.

    A line reads "- 2026-06-01: Product.old was removed. (announced 2026-02-01)", in graphql-core's own words.
    """
    found = [match.groups() for line in page.splitlines() if (match := _REMOVAL.match(line))]
    dated = [(date.fromisoformat(due), what, date.fromisoformat(told)) for due, what, told in found]
    return {what for due, what, told in dated if due <= today and (due - told).days >= NOTICE_DAYS}
