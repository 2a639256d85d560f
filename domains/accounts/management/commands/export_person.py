"""`manage.py export_person EMAIL`: all that we hold of a person, as JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from domains.accounts import services
from domains.common.errors import NotFoundError


class Command(BaseCommand):
    help = "Write all that we hold of a person as JSON, without passwords, tokens and the provider's secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--output", type=Path, metavar="FILE", help="a new file that you alone may read")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = services.known(email=options["email"])
        except NotFoundError as error:
            raise CommandError(error.message) from error
        if options["output"] is None:
            self.stdout.writelines(services.document(person.id))
            return
        try:
            file = os.open(options["output"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}") from error
        with os.fdopen(file, "w") as stream:
            stream.writelines(services.document(person.id))
