"""`manage.py print_schema`: write `schema/schema.graphql`, or tell whether it is current."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from graphql import Node, parse, print_ast
from graphql.utilities.print_schema import print_schema_definition

from backend.dev.state import ROOT
from schema.merge import core, schema


class Command(BaseCommand):
    """Other commands write other files in the same way."""

    help = "Writes the merged schema, or checks it."
    file = ROOT / "schema" / "schema.graphql"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only tell whether the file is current")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        text = self.page()
        if not check:
            self.file.write_text(text)
        elif not self.file.exists() or self.file.read_text() != text:
            command = type(self).__module__.rpartition(".")[2]
            raise CommandError(f"{self.file.name} is not current: run `python3 manage.py {command}`")
        self.stdout.write(f"{self.file.name}: {'current' if check else 'written'}")

    def page(self) -> str:
        """The whole file. Types, and what is in each, stand sorted: what moves in the code changes no line here.

        The text is sorted: Strawberry cannot print a schema that graphql-core has sorted, whose enums are not its own.
        """
        document = parse(f"{print_schema_definition(core)}\n\n{schema.as_str()}")  # Strawberry omits its description
        return f"{print_ast(replace(document, definitions=tuple(map(_sorted, document.definitions))))}\n"


def _sorted[N: Node](node: N) -> N:
    """Fields, arguments, enum values, members and interfaces by name."""
    kinds = ("fields", "arguments", "values", "types", "interfaces")
    found = {kind: parts for kind in kinds if (parts := getattr(node, kind, None))}
    in_order: Any = {
        kind: tuple(sorted(map(_sorted, parts), key=lambda part: part.name.value)) for kind, parts in found.items()
    }
    return replace(node, **in_order)
