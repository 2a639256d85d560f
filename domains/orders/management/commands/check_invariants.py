"""`manage.py check_invariants`: whether stock, money, orders, returns, invoices and mails agree, all at one moment."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from domains.orders import invariants


class Command(BaseCommand):
    help = "Look for products, payments and orders that break a rule; with any, the exit status is 1."
    requires_system_checks = ()  # they build the schema

    def handle(self, *args: Any, **options: Any) -> None:
        found = invariants.check()
        for rule, finding in found:
            state = "pending" if finding.pending else "BROKEN"
            self.stdout.write(f"{state}: {rule}: {finding.what} {finding.row_id}: {finding.detail}")
        pending = sum(finding.pending for _, finding in found)
        if broken := len(found) - pending:
            raise CommandError(f"{broken} broken, {pending} pending")
        self.stdout.write(f"{len(invariants.RULES)} rules hold, {pending} pending")
