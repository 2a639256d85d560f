"""`manage.py erase_person EMAIL`: replaces all that we hold of a person, at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from domains.accounts import services
from domains.common.data.personal import Holding
from domains.common.errors import NotFoundError

OUTSIDE = """Not erased, as it is not ours: what the payment provider, mail servers, proxies and backups hold.
No mail was sent: tell the person yourself, if they are to know."""


class Command(BaseCommand):
    help = "Erase all that we hold of a person, at once; orders stay for the books, without the person. Asks first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = services.known(email=options["email"])
        except NotFoundError as error:
            raise CommandError(error.message) from error
        question = f"Erase {person.email} for good? There is no way back. Type yes: "
        if not options["yes"] and input(question).strip().lower() != "yes":
            raise CommandError("Nothing was erased")
        try:
            erased = services.erase(person.id)
        except services.ErasureWaits as error:
            reasons = "\n".join(f"  {obstacle.message}" for obstacle in error.obstacles)
            raise CommandError(f"Nothing was erased yet, this comes first:\n{reasons}") from error
        for holding, rows in erased:
            self.stdout.write(_said(holding, rows))
        self.stdout.write(f"The account {person.id} stays without a name; the e-mail is free.\n{OUTSIDE}")


def _said(holding: Holding, rows: int) -> str:
    table = holding.model._meta.db_table
    if holding.erased is None:
        return f"{table}: {rows} rows deleted"
    return f"{table}: {rows} rows, replaced {', '.join(sorted(holding.erased))}"
