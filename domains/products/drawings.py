"""Images of the demo shop, drawn by the development server itself, so that no client has to ask another host."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import wrap
from zlib import crc32

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from domains.common.data.money import exponent
from domains.products.images import Image
from domains.products.importing import ParsedFile, read_products

CATALOGUE = Path(__file__).parent / "demo" / "catalogue.csv"
WIDTHS = {"front": 220, "side": 140, "top": 290}  # of what is drawn, by the side it is seen from
HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",  # pages of any origin may show them
    "Access-Control-Allow-Origin": "*",
}


@cache
def catalogue() -> ParsedFile:
    """The demo goods."""
    return read_products(CATALOGUE, decimals=exponent(settings.STORE_CURRENCY))


def images_of(sku: str, name: str) -> list[Image]:
    """One to three, and none for each tenth product: shops have such, too."""
    number = int(sku.rpartition("-")[2])
    views = list(WIDTHS)[: 1 + number % len(WIDTHS)] if number % 10 else []
    return [Image(f"{settings.DEMO_IMAGES_URL}/{sku}-{view}.svg", _alt(name, view)) for view in views]


@require_safe
def drawing(request: HttpRequest, name: str) -> HttpResponse:
    """The drawing of a demo product, SKU and side: KIT-0001-front."""
    sku, _, view = name.rpartition("-")
    title = next((row.name for row in catalogue().rows if row.sku == sku), "") if settings.DEMO else ""
    if not title or view not in WIDTHS:
        raise Http404
    about = {
        "alt": _alt(title, view),
        "hue": crc32(sku.encode()) % 360,
        "width": WIDTHS[view],
        "initials": "".join(word[0] for word in title.split()[:2]),
        "lines": [{"y": 630 + 56 * place, "text": line} for place, line in enumerate(wrap(title, 30))],
    }
    return HttpResponse(
        render(request, "products/drawing.svg", about).content, content_type="image/svg+xml", headers=HEADERS
    )


def _alt(name: str, view: str) -> str:
    return name if view == "front" else f"{name}, from the {view}"
