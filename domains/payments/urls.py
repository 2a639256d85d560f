"""Pages of the payments domain."""

from __future__ import annotations

from django.urls import path

from domains.payments.sandbox.views import action_page

urlpatterns = [path("sandbox/payments", action_page, name="sandbox-payment")]
