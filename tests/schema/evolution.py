"""Telling what a change of the schema does to clients that were written for an earlier one."""

from __future__ import annotations

from pathlib import Path

from graphql import GraphQLSchema, build_schema, find_breaking_changes

CHECKED_IN = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"


def broken_promises(earlier: str, now: GraphQLSchema) -> list[str]:
    """What clients of the `earlier` schema (SDL) can no longer rely on."""
    return [change.description for change in find_breaking_changes(build_schema(earlier), now)]
