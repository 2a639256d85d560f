"""The provider's page where a cardholder completes or refuses a payment that requires an action."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from domains.payments import services
from domains.payments.sandbox import gateway


@csrf_exempt  # the client secret in the form is the proof; no cookie is involved
@require_http_methods(["GET", "HEAD", "POST"])
def action_page(request: HttpRequest) -> HttpResponse:
    """GET shows the form, filled in from `client_secret`; POST takes it with `decision` (complete or refuse).

    Both take `return_url`, a path of this host: who has decided is sent there, as by a provider.
    """
    if settings.PAYMENT_GATEWAY != "sandbox":
        raise Http404
    form = request.POST if request.method == "POST" else request.GET
    message, status = _decide(request) if request.method == "POST" else ("", 200)
    return_url = _own_path(form.get("return_url", ""))
    if return_url and message and status == 200:
        return redirect(return_url)
    shown = {"message": message, "client_secret": form.get("client_secret", ""), "return_url": return_url}
    page = render(request, "payments/sandbox.html", shown, status=status)
    page["Referrer-Policy"] = "no-referrer"  # the address has the secret in it
    page["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    page["Cache-Control"] = "no-store"
    return page


def _own_path(url: str) -> str:
    """Nothing for an address elsewhere: this page sends nobody to a stranger's."""
    return url if url_has_allowed_host_and_scheme(url, None) else ""


def _decide(request: HttpRequest) -> tuple[str, int]:
    complete = request.POST.get("decision") == "complete"
    intent_id = gateway.decide(request.POST.get("client_secret", "").replace("\0", "").strip(), complete=complete)
    if intent_id is None:
        return "No payment with this client secret is waiting for an action.", 400
    services.provider_changed(intent_id)
    return f"The payment was {'completed' if complete else 'refused'}. Your order follows in a moment.", 200
