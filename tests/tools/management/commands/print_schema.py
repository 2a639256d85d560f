"""`manage.py print_schema`: write `schema/schema.graphql` and `schema/cache.json`, or tell whether they are current."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from graphql import Node, is_abstract_type, is_object_type, parse, print_ast
from graphql.utilities.print_schema import print_schema_definition

from backend.dev.state import ROOT
from schema.merge import core, schema


class Command(BaseCommand):
    """Other commands write other files in the same way."""

    help = "Writes the merged schema and what caches want to know of it, or checks them."
    folder = ROOT / "schema"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only tell whether what is written is current")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        for name, text in self.pages().items():
            file = self.folder / name
            if not check:
                file.write_text(text)
            elif not file.exists() or file.read_text() != text:
                command = type(self).__module__.rpartition(".")[2]
                raise CommandError(f"{name} is not current: run `python3 manage.py {command}`")
            self.stdout.write(f"{name}: {'current' if check else 'written'}")

    def pages(self) -> dict[str, str]:
        """The name of each file and the whole of it."""
        return {"schema.graphql": _sdl(), "cache.json": _cache()}


def _sdl() -> str:
    """Types, and what is in each, stand sorted: what moves in the code changes no line here.

    The text is sorted: Strawberry cannot print a schema that graphql-core has sorted, whose enums are not its own.
    """
    document = parse(f"{print_schema_definition(core)}\n\n{schema.as_str()}")  # Strawberry omits its description
    return f"{print_ast(replace(document, definitions=tuple(map(_sorted, document.definitions))))}\n"


def _cache() -> str:
    """The members of unions and interfaces, and the types without an id, which live in whatever holds them.

    As Apollo's InMemoryCache takes them; Graphcache takes the first as it is, and of the second the names.
    """
    kinds = sorted(core.type_map.items())
    roots = {core.query_type, core.mutation_type, core.subscription_type}
    members = {
        name: sorted(member.name for member in core.get_possible_types(kind))
        for name, kind in kinds
        if is_abstract_type(kind)
    }
    values = {
        name: {"merge": True}
        for name, kind in kinds
        if is_object_type(kind) and kind not in roots and not name.startswith("__") and "id" not in kind.fields
    }
    return f'{{"possibleTypes": {_lines(members)},\n"typePolicies": {_lines(values)}}}\n'


def _lines(entries: dict[str, Any]) -> str:
    """An object with a line for each entry."""
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()) + "\n}"


def _sorted[N: Node](node: N) -> N:
    """Fields, arguments, enum values, members and interfaces by name."""
    kinds = ("fields", "arguments", "values", "types", "interfaces")
    found = {kind: parts for kind in kinds if (parts := getattr(node, kind, None))}
    in_order: Any = {
        kind: tuple(sorted(map(_sorted, parts), key=lambda part: part.name.value)) for kind, parts in found.items()
    }
    return replace(node, **in_order)
