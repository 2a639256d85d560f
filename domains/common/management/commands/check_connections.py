"""`manage.py check_connections`: whether the deployment fits what the database offers."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from domains.common.guard import connections


class Command(BaseCommand):
    help = "Count the connections that all processes may open, and fail where the database offers fewer."
    requires_system_checks = ()  # they build the schema

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connections.check()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{connections.needed()} database connections, of which {connections.of_a_web_process()} a web process"
        )
