"""`manage.py seed demo`: each domain with a `seeds.py` makes its rows; its `demo()` returns a line that says which.

`manage.py seed bench`: the rows of `tests/benchmarks/seeding`; each of its SIZES is an option.
"""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.dev.units import UNMIGRATED
from domains import modules

BENCH = "tests.benchmarks.seeding"  # absent where only the product is installed


class Command(BaseCommand):
    help = "Fill the database: `demo` with rows to look at, `bench` with many to measure. Can be repeated."
    requires_system_checks = ()  # they build the schema

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["demo", "bench"])
        parser.add_argument("--migrate", action="store_true", help="migrate first: quicker than two commands")
        for name, size in _sizes().items():
            parser.add_argument(f"--{name}", type=int, default=size, help=f"bench: how many {name}")

    def handle(self, *args: Any, what: str, migrate: bool, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Made-up rows are for development only: this is refused when DEBUG is off.")
        if migrate:
            self._migrate()
        sizes = {name: options[name] for name in _sizes()}
        demo = (f"{seeds.__name__.split('.')[1]}: {seeds.demo()}" for seeds in modules("seeds"))
        for line in demo if what == "demo" else import_module(BENCH).bench(**sizes):
            self.stdout.write(line)

    def _migrate(self) -> None:
        try:
            call_command("migrate", interactive=False)
        except Exception:
            self.stderr.write(traceback.format_exc())
            sys.exit(UNMIGRATED)


def _sizes() -> dict[str, int]:
    return dict(import_module(BENCH).SIZES) if find_spec("tests") else {}
