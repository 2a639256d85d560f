"""`manage.py create_staff EMAIL`: the first account that may change the catalogue."""

from __future__ import annotations

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from domains.accounts import services
from domains.common.errors import DomainError, ValidationError


class Command(BaseCommand):
    help = "Create a staff account. The password is asked for, or read from the variable STAFF_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="Staff")

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("STAFF_PASSWORD") or getpass.getpass("Password (at least 12 characters): ")
        try:
            user = services.create_staff(email=options["email"], password=password, name=options["name"])
        except ValidationError as error:
            raise CommandError("\n".join(f"{'.'.join(p.path)}: {p.message}" for p in error.problems)) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user.email} may now sign in as staff.")
