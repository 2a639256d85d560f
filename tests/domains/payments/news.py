"""What Stripe tells a shop, and how it signs that."""

from __future__ import annotations

import json

import stripe

PATH = "/webhooks/stripe"
SECRET = "whsec_ours"


def news(intent_id: str = "pi_1", *, id_: str = "evt_1", type_: str = "payment_intent.succeeded") -> str:
    about = {"object": "payment_intent", "id": intent_id, "amount": 2_990}
    return json.dumps({"id": id_, "object": "event", "type": type_, "data": {"object": about}})


def signed(body: str, secret: str = SECRET, *, at: int | None = None) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return header
