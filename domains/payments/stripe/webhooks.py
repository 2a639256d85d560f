"""The address that Stripe sends its events to: signed, written down once, answered at once."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from domains.common.background import outbox
from domains.common.data.transactions import short_transaction
from domains.payments.stripe.models import WebhookEvent

logger = logging.getLogger(__name__)

TOPIC = "payments.webhook"  # outbox topic; the key is the id of the inbox's row
TOLERANCE_SECONDS = 300


class Refused(Exception):
    """A request that Stripe did not send, or not now."""


@csrf_exempt  # the signature is the proof; no cookie is involved
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200 for an event that is written down, also when it was before; 400 for what Stripe did not sign."""
    if settings.PAYMENT_GATEWAY != "stripe":
        raise Http404
    try:
        write_down(read_event(_content(_signed_body(request))))
    except (Refused, RequestDataTooBig, UnreadablePostError) as error:
        logger.warning("webhook refused", extra={"reason": str(error) or type(error).__name__})
        return HttpResponse(status=400)
    return HttpResponse(status=200)


def write_down(event: WebhookEvent) -> bool:
    """Once, with the promise to process it, unless it is about no intent; whether it is new."""
    processed_at = None if event.intent_id else timezone.now()
    known = {"type": event.type, "intent_id": event.intent_id, "processed_at": processed_at}
    with short_transaction():
        row, fresh = WebhookEvent.objects.get_or_create(event_id=event.event_id, defaults=known)
        if fresh and row.intent_id:
            outbox.enqueue(TOPIC, key=row.id)
    return fresh


def _signed_body(request: HttpRequest) -> str:
    """The raw body, when one of our secrets signed it within the tolerance; Stripe's SDK compares in constant time."""
    import stripe  # only where it is the provider: it takes 0.3 s

    header = request.headers.get("Stripe-Signature", "")
    try:
        body = request.body.decode()
        header.encode("ascii")  # else the comparison would fail with an error of its own
    except UnicodeError:
        raise Refused("not text") from None
    for secret in filter(None, settings.STRIPE_WEBHOOK_SECRET):
        try:
            stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        return body
    raise Refused("signature")


def _content(body: str) -> Any:
    try:
        return orjson.loads(body)  # refuses what nests too deeply for json.loads, too
    except ValueError:
        raise Refused("content") from None


def read_event(sent: Any) -> WebhookEvent:
    """The row of an event as Stripe writes it. Raises Refused."""
    try:
        subject = sent.get("data", {}).get("object", {})
        event = WebhookEvent(event_id=sent["id"], type=sent["type"], intent_id=_intent_id(subject))
        event.clean_fields(exclude={"processed_at"})
        if "\0" in event.event_id + event.type + event.intent_id:
            raise Refused("NUL")
    except (ValueError, KeyError, AttributeError, ValidationError):
        raise Refused("content") from None
    return event


def _intent_id(subject: dict[str, Any]) -> str:
    """The PaymentIntent that an event is about; charges, refunds and disputes name theirs."""
    named = subject.get("id" if subject.get("object") == "payment_intent" else "payment_intent")
    return named if isinstance(named, str) else ""
