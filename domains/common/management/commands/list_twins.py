"""`manage.py list_twins`: names that look alike, before a migration makes them one."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from domains.common.data.filling import named_twins


class Command(BaseCommand):
    help = (
        "List SKUs, slugs, category names and e-mails that are one to the eye; the exit status is 1 if there are any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unique_by = {model: getattr(model, "unique_by", {}) for model in apps.get_models()}
        lines = [
            line
            for model, ones in unique_by.items()
            for column in ones
            for line in named_twins(model, column, ones[column])
        ]
        for line in lines:
            self.stdout.write(line)
        if lines:
            raise CommandError(f"{len(lines)} groups are one; rename all but one of each.")
        self.stdout.write("There are none.")
