from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tests.tools.graphiql.build import build


class Command(BaseCommand):
    help = "Build the GraphiQL page (Node.js or network needed once); does nothing when the build is current."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        reason = build(self.stdout.write)
        if reason:
            raise CommandError(f"GraphiQL was not built: {reason}")
        self.stdout.write("GraphiQL is built")
