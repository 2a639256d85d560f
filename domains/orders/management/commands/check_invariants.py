"""`manage.py check_invariants`: whether stock, money, orders, returns, invoices and mails agree, all at one moment."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from domains.common.data.transactions import snapshot
from domains.orders.invariants import RULES


class Command(BaseCommand):
    help = "Look for products, payments and orders that break a rule; with any, the exit status is 1."
    requires_system_checks = ()  # they build the schema

    def handle(self, *args: Any, **options: Any) -> None:
        with snapshot():  # for all rules: a shop that is open moves between two statements
            found = [(rule.__name__.replace("_", " "), finding) for rule in RULES for finding in rule()]
        for rule, finding in found:
            state = "pending" if finding.pending else "BROKEN"
            self.stdout.write(f"{state}: {rule}: {finding.what} {finding.row_id}: {finding.detail}")
        pending = sum(finding.pending for _, finding in found)
        if broken := len(found) - pending:
            raise CommandError(f"{broken} broken, {pending} pending")
        self.stdout.write(f"{len(RULES)} rules hold, {pending} pending")
