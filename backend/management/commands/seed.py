"""`manage.py seed demo` and `manage.py seed bench`: each domain that has a `seeds.py` brings its own rows.

`demo()` and `bench(**sizes)` there return a line that says what was made; SIZES names what a benchmark may have more or
fewer of, each an option of the command.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from domains import DOMAINS


class Command(BaseCommand):
    help = "Fill the database: `demo` with rows to look at, `bench` with many to measure. Can be repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["demo", "bench"])
        for name, size in _sizes().items():
            parser.add_argument(f"--{name}", type=int, default=size, help=f"bench: how many {name}")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Made-up rows are for development only: this is refused when DEBUG is off.")
        sizes = {name: options[name] for name in _sizes()} if what == "bench" else {}
        for domain, seeds in _seeds().items():
            if hasattr(seeds, what):
                self.stdout.write(f"{domain}: {getattr(seeds, what)(**sizes)}")


def _seeds() -> dict[str, ModuleType]:
    return {name: import_module(f"domains.{name}.seeds") for name in DOMAINS if find_spec(f"domains.{name}.seeds")}


def _sizes() -> dict[str, int]:
    return {name: size for seeds in _seeds().values() for name, size in getattr(seeds, "SIZES", {}).items()}
