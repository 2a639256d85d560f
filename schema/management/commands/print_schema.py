"""`manage.py print_schema`: write `schema/schema.graphql`, or tell whether it is current."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from graphql import Node, parse, print_ast
from graphql.utilities.print_schema import print_schema_definition

from schema.merge import core, schema

FILE = Path(__file__).resolve().parents[2] / "schema.graphql"


class Command(BaseCommand):
    help = "Print the merged schema into schema/schema.graphql; with --check, fail when the file is not current."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        text = page()
        if not check:
            FILE.write_text(text)
            self.stdout.write(f"{FILE.name}: written")
        elif not FILE.exists() or FILE.read_text() != text:
            raise CommandError("schema/schema.graphql is not what the code says: run `manage.py print_schema`")
        else:
            self.stdout.write(f"{FILE.name}: current")


def page() -> str:
    """The whole file. Types, and what is in each, stand sorted: what moves in the code changes no line here.

    The text is sorted: Strawberry cannot print a schema that graphql-core has sorted, whose enums are not its own.
    """
    document = parse(f"{print_schema_definition(core)}\n\n{schema.as_str()}")  # Strawberry omits its description
    return f"{print_ast(replace(document, definitions=tuple(map(_sorted, document.definitions))))}\n"


def _sorted[N: Node](node: N) -> N:
    """Fields, arguments, enum values, members and interfaces by name."""
    kinds = ("fields", "arguments", "values", "types", "interfaces")
    found = {kind: parts for kind in kinds if (parts := getattr(node, kind, None))}
    in_order: Any = {kind: tuple(sorted(map(_sorted, parts), key=_name)) for kind, parts in found.items()}
    return replace(node, **in_order)


def _name(node: Any) -> str:
    name: str = node.name.value
    return name
