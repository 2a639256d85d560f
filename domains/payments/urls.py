"""Pages of the payments domain, and what providers call."""

from __future__ import annotations

from django.conf import settings
from django.urls import path
from django.utils.module_loading import import_string

from domains.payments.gateway import GATEWAYS
from domains.payments.sandbox.views import action_page
from domains.payments.stripe.webhooks import stripe_webhook

import_string(GATEWAYS[settings.PAYMENT_GATEWAY])  # a provider's SDK loads with the server, not in its first payment

urlpatterns = [
    path("sandbox/payments", action_page, name="sandbox-payment"),
    path("webhooks/stripe", stripe_webhook, name="stripe-webhook"),
]
