"""The provider's page where a cardholder completes or refuses a payment that requires an action."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from domains.payments import services
from domains.payments.sandbox import gateway


@csrf_exempt  # the client secret in the form is the proof; no cookie is involved
@require_http_methods(["GET", "HEAD", "POST"])
def action_page(request: HttpRequest) -> HttpResponse:
    """GET shows the form; POST takes `client_secret` and `decision` (complete or refuse)."""
    if settings.PAYMENT_GATEWAY != "sandbox":
        raise Http404
    message, status = _decide(request) if request.method == "POST" else ("", 200)
    page = render(request, "payments/sandbox.html", {"message": message}, status=status)
    page["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    page["Cache-Control"] = "no-store"
    return page


def _decide(request: HttpRequest) -> tuple[str, int]:
    complete = request.POST.get("decision") == "complete"
    intent_id = gateway.decide(request.POST.get("client_secret", "").replace("\0", "").strip(), complete=complete)
    if intent_id is None:
        return "No payment with this client secret is waiting for an action.", 400
    services.provider_changed(intent_id)
    return f"The payment was {'completed' if complete else 'refused'}. Your order follows in a moment.", 200
