"""`manage.py seed demo` and `manage.py seed bench`: each domain that has a `seeds.py` brings its own rows."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from domains import DOMAINS


class Command(BaseCommand):
    help = "Fill the database: `demo` for a shop to look at, `bench` for one to measure. Can be repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["demo", "bench"])
        parser.add_argument("--products", type=int, default=10_000, help="bench: how many products")
        parser.add_argument("--orders", type=int, default=20_000, help="bench: how many orders")

    def handle(self, *args: Any, what: str, products: int, orders: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Made-up people and goods are for development only: this is refused when DEBUG is off.")
        sizes = {"products": products, "orders": orders} if what == "bench" else {}
        for name in DOMAINS:
            seeds = import_module(f"domains.{name}.seeds") if find_spec(f"domains.{name}.seeds") else None
            if seeds is not None and hasattr(seeds, what):
                self.stdout.write(f"{name}: {getattr(seeds, what)(**sizes)}")
