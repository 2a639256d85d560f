"""Development's own pages: where everything is, the documentation, and the mails that were sent. None in production."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import urlize as linked
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from backend.dev.bootstrap import ROOT
from backend.replies import not_found
from schema.negotiation import wants_page

HERE = Path(__file__).resolve().parent
DOCS = ROOT / "schema" / "docs"
STOREFRONT = ("127.0.0.1", 5173)  # where vite serves what is in tests/clients/storefront
SHOWN = 100  # mails in the list
BETWEEN_MAILS = b"\n" + b"-" * 79 + b"\n"  # by Django's file backend
NAME = re.compile(r"[\w-]+\.(?:log|md)", re.ASCII)  # of a file that is shown

# A mail's links open beside it; nothing else of it leaves its frame, and nothing is fetched for it.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
BASE = "<base target='_blank'>"
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="icon" href="data:,">
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1d2433 }}
li {{ margin: .4rem 0 }} td {{ padding: .3rem .8rem .3rem 0; vertical-align: top }} small, time {{ color: #556 }}
pre, code {{ background: #f3f5f9; border-radius: 4px }} pre {{ white-space: pre-wrap; padding: 1rem }}
pre, td {{ overflow-wrap: break-word }}
iframe {{ width: 100%; height: 24rem; border: 1px solid #ccd; resize: vertical }}
</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""

type Page = Callable[..., HttpResponse]


def page(view: Callable[..., tuple[str, SafeString] | None]) -> Page:
    """For browsers, in development: what the view answers as title and body; else, as in production, 404."""

    @wraps(view)
    def answer(request: HttpRequest, **arguments: str) -> HttpResponse:
        reads = settings.DEMO and request.method in ("GET", "HEAD") and wants_page(request)
        found = view(**arguments) if reads else None
        if found is None:
            return not_found(request)
        title, body = found
        return HttpResponse(format_html(PAGE, title=title, body=body), headers=HEADERS)

    return answer


@page
def home() -> tuple[str, SafeString]:
    """Links to what there is."""
    return "Ordergraph", format_html(
        "<ul><li><a href='/graphql'>GraphiQL</a>: samples, and what the API at <code>/graphql</code> knows</li>"
        "<li>{}</li><li><a href='/mails'>Mails</a> that were sent</li></ul><h2>Documentation</h2><ul>{}</ul>",
        _storefront(),
        format_html_join("", "<li><a href='/docs/{}'>{}</a></li>", _documents()),
    )


def _storefront() -> SafeString:
    host, port = STOREFRONT
    with contextlib.suppress(OSError), socket.create_connection(STOREFRONT, timeout=0.2):
        return format_html("<a href='http://{}:{}/'>Storefront</a>: a client of it", host, port)
    return mark_safe("Storefront: <code>cd tests/clients/storefront &amp;&amp; npm ci &amp;&amp; npm run dev</code>")


def _documents() -> Iterator[tuple[str, str]]:
    for file in sorted(DOCS.glob("*.md")):
        yield file.name, file.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


@page
def document(name: str) -> tuple[str, SafeString] | None:
    """A page of the documentation, as it is written."""
    file = _file(DOCS, name)
    return (name, format_html("<pre>{}</pre>", file.read_text(encoding="utf-8"))) if file else None


@page
def mails() -> tuple[str, SafeString]:
    """The newest first."""
    files = sorted(_folder().glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    rows = (
        (file.name, mail["subject"], mail["to"], mail["date"])
        for file in files[:SHOWN]
        for mail in reversed(_mails(file))
    )
    row = "<tr><td><a href='/mails/{}'>{}</a><br><small>{}, {}</small></td></tr>"
    table = format_html_join("", row, rows)
    return "Mails", format_html("<table>{}</table>", table) if table else mark_safe("<p>None has been sent yet.</p>")


@page
def mail(name: str) -> tuple[str, SafeString] | None:
    """What is in one file, which is one mail."""
    file = _file(_folder(), name)
    if file is None:
        return None
    return "Mail", format_html_join("", "{}", ((_shown(one),) for one in _mails(file)))


def _shown(mail: EmailMessage) -> SafeString:
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    heads = (("From", mail["from"]), ("To", mail["to"]), ("Subject", mail["subject"]), ("Date", mail["date"]))
    head = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", heads)
    return format_html(
        "<table>{}</table>{}{}",
        head,
        _framed(html.get_content()) if html else "",
        format_html("<h2>Text</h2><pre>{}</pre>", linked(text.get_content())) if text else "",
    )


def _framed(html: str) -> SafeString:
    frame = (HERE / "frame.html").read_text(encoding="utf-8")
    return format_html(frame, html.replace("<body", f"{BASE}<body", 1))


def _mails(file: Path) -> list[EmailMessage]:
    parts = [part for part in file.read_bytes().split(BETWEEN_MAILS) if part.strip()]
    return [message_from_bytes(part, EmailMessage, policy=policy.default) for part in parts]


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def _file(folder: Path, name: str) -> Path | None:
    """A file right in this folder."""
    return file if NAME.fullmatch(name) and (file := folder / name).is_file() else None


urlpatterns = [
    path("", home),
    path("docs/<name>", document),
    path("mails", mails),
    path("mails/<name>", mail),
]
