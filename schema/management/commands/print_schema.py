"""`manage.py print_schema`: write `schema/schema.graphql`, or tell whether it is current."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from schema.merge import schema

FILE = Path(__file__).resolve().parents[2] / "schema.graphql"


class Command(BaseCommand):
    help = "Print the merged schema into schema/schema.graphql; with --check, fail when the file is not current."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        text = f"{schema.as_str()}\n"
        if not check:
            FILE.write_text(text)
            self.stdout.write(f"{FILE.name}: written")
        elif not FILE.exists() or FILE.read_text() != text:
            raise CommandError("schema/schema.graphql is not what the code says: run `manage.py print_schema`")
        else:
            self.stdout.write(f"{FILE.name}: current")
