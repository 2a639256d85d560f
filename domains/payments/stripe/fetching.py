"""Events that Stripe could not deliver: fetched, and written down as if they had come.

https://docs.stripe.com/webhooks/process-undelivered-events
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import stripe
from django.utils import timezone

from domains.common.background.periodic import Unfinished
from domains.common.data.transactions import assert_no_transaction
from domains.payments.stripe.client import client, translated
from domains.payments.stripe.models import EventsFetch
from domains.payments.stripe.webhooks import read_event, write_down

OVERLAP = timedelta(hours=1)  # clocks differ, and an event may be listed a moment after it happened
MOST = 1_000  # new events of one run
PAGE = 100
TYPES = [  # what moves a payment; at most 20
    *(f"payment_intent.{what}" for what in ("amount_capturable_updated", "canceled", "payment_failed", "succeeded")),
    "payment_intent.requires_action",
    *(f"charge.{what}" for what in ("captured", "refunded", "refund.updated")),
    *(f"refund.{what}" for what in ("created", "updated", "failed")),
    *(f"charge.dispute.{what}" for what in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")),
]


def fetch_undelivered() -> int:
    """Write down what Stripe could not deliver since the last time, each event once; how many were new.

    At first that is all that Stripe still has, of 30 days. Raises GatewayUnavailable, and Unfinished when there are
    more than MOST: those that are here are passed over the next time.
    """
    assert_no_transaction()
    begun, fresh = timezone.now(), 0
    for event in _undelivered(EventsFetch.objects.values_list("until", flat=True).first()):
        fresh += write_down(read_event(event.to_dict()))
        if fresh >= MOST:
            raise Unfinished
    EventsFetch.objects.update_or_create(defaults={"until": begun})
    return fresh


def _undelivered(until: datetime | None) -> Iterator[stripe.Event]:
    since = int((until - OVERLAP).timestamp()) if until else 0
    with translated():
        page = client().v1.events.list(
            {"delivery_success": False, "types": TYPES, "created": {"gte": since}, "limit": PAGE}
        )
        yield from page.auto_paging_iter()
