"""Which media type a client wants to read."""

from __future__ import annotations

from functools import lru_cache

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


@lru_cache(maxsize=200)  # clients have few of them
def _weights(accept: str) -> dict[str, float]:
    """The media ranges of an Accept header with their q-values, best first. Nobody changes what is answered."""
    weights: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weights[name] = max(0.0, _weight(parameters))  # NaN becomes 0 as well
    return dict(sorted(weights.items(), key=lambda item: -item[1]))


def _weight(parameters: list[str]) -> float:
    try:
        return float(next((p[2:] for p in parameters if p.startswith("q=")), 1))
    except ValueError:
        return 0.0


def _accept(request: HttpRequest) -> str:
    """The header; without it everything will do."""
    return request.META.get("HTTP_ACCEPT") or "*/*"


def _accepted(request: HttpRequest) -> list[str]:
    return [name for name, weight in _weights(_accept(request)).items() if weight]


def media_type(request: HttpRequest) -> str | None:
    """The JSON type to answer with; None when the client accepts none. No header: application/json, the legacy way."""
    return _answered_with(_accept(request))


@lru_cache(maxsize=200)
def _answered_with(accept: str) -> str | None:
    weights = _weights(accept)
    offers = (kind for name, weight in weights.items() if weight for kind in _MATCHES.get(name, ()))
    return next((kind for kind in offers if weights.get(kind, 1)), None)


def wants_json(request: HttpRequest) -> bool:
    """Whether a JSON type is accepted by name, or anything at all is welcome; a link or an image asks for its kind."""
    accepted = _accepted(request)
    return bool({GRAPHQL_RESPONSE, JSON} & set(accepted)) or accepted[:1] in (["*/*"], ["application/*"])


def wants_page(request: HttpRequest) -> bool:
    """A browser that navigates here: it prefers HTML to any JSON."""
    return next((name for name in _accepted(request) if name in (HTML, GRAPHQL_RESPONSE, JSON)), None) == HTML
