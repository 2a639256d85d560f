"""`manage.py recount_reserved`: once after an upgrade, when no server of a release without `reserved` runs any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from domains.orders.services.reserving import recount_reserved


class Command(BaseCommand):
    help = "Count anew how many of each product open orders hold. Safe beside a running shop, and to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{recount_reserved()} products corrected")
