"""`manage.py demote_staff EMAIL`: a staff member becomes an ordinary customer, at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from domains.accounts import services
from domains.common.errors import DomainError


class Command(BaseCommand):
    help = "Take the staff rights from an account and end its sessions. The account itself stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = services.demote_staff(email=options["email"])
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user.email} is an ordinary customer now and signed out everywhere.")
