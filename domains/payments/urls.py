"""Pages of the payments domain, and what providers call."""

from __future__ import annotations

from django.urls import path

from domains.payments.sandbox.views import action_page
from domains.payments.stripe.webhooks import stripe_webhook

urlpatterns = [
    path("sandbox/payments", action_page, name="sandbox-payment"),
    path("webhooks/stripe", stripe_webhook, name="stripe-webhook"),
]
