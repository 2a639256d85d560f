"""Which media type a client wants to read."""

from __future__ import annotations

from django.http import HttpRequest

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
# What a range lets us answer with, best first.
_MATCHES = {
    GRAPHQL_RESPONSE: (GRAPHQL_RESPONSE,),
    JSON: (JSON,),
    "application/*": (JSON, GRAPHQL_RESPONSE),
    "*/*": (JSON, GRAPHQL_RESPONSE),
}


def _weights(accept: str) -> dict[str, float]:
    """The media ranges of an Accept header with their q-values, in the order given."""
    weights: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weights[name] = _weight(parameters)
    return weights


def _ranges(accept: str) -> list[str]:
    """The media ranges of an Accept header, best first; those with q=0 are left out."""
    weights = _weights(accept)
    return sorted((name for name, weight in weights.items() if weight > 0), key=lambda name: -weights[name])


def _weight(parameters: list[str]) -> float:
    given = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return float(given)
    except ValueError:
        return 0.0


def media_type(request: HttpRequest) -> str | None:
    """The JSON type to answer with; None when the client accepts none. No header: application/json, the legacy way."""
    accept = request.headers.get("Accept")
    if not accept:
        return JSON
    weights = _weights(accept)
    offers = (kind for name in _ranges(accept) for kind in _MATCHES.get(name, ()))
    return next((kind for kind in offers if weights.get(kind, 1) > 0), None)


def wants_json(request: HttpRequest) -> bool:
    """Whether a JSON type is accepted by name, or anything at all is welcome; a link or an image asks for its kind."""
    ranges = _ranges(request.headers.get("Accept", "") or "*/*")
    return bool({GRAPHQL_RESPONSE, JSON} & set(ranges)) or ranges[:1] in (["*/*"], ["application/*"])


def wants_page(request: HttpRequest) -> bool:
    """A browser that navigates here: it prefers HTML to any JSON."""
    ranges = _ranges(request.headers.get("Accept", ""))
    return next((name for name in ranges if name == HTML or name in (GRAPHQL_RESPONSE, JSON)), None) == HTML
