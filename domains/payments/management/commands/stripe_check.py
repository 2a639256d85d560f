"""`manage.py stripe_check`: whether a Stripe test account does what this shop takes Stripe to do."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from domains.payments.gateway import Declined, GatewayUnavailable

PATIENCE_SECONDS = 120.0


class Command(BaseCommand):
    help = "Hold, capture, refund and dispute on a Stripe TEST account (STRIPE_API_KEY); with any surprise, status 1."
    requires_system_checks = ()  # they build the schema

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--patience", type=float, default=PATIENCE_SECONDS, help="seconds to wait for what Stripe does later"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.STRIPE_API_KEY.startswith(("sk_test_", "rk_test_")):
            raise CommandError("STRIPE_API_KEY is not the key of a test account: nothing was done")
        from domains.payments.stripe.checking import STEPS, Account, Wrong  # the SDK takes 0.3 s to load

        account, surprises = Account(options["patience"]), 0
        for step in STEPS:
            try:
                step(account)
                self.stdout.write(f"passed: {step.__doc__}")
            except (Wrong, Declined, GatewayUnavailable) as error:
                surprises += 1
                why = str(error) or "no answer that can be understood; the log says more"
                self.stdout.write(f"FAILED: {step.__doc__}: {type(error).__name__}: {why}")
        if surprises:
            raise CommandError(f"{surprises} of {len(STEPS)} steps failed; see schema/docs/stripe.md")
        self.stdout.write(f"all {len(STEPS)} steps passed")
