"""What the web server serves: event streams run in Django's ASGI application, all else in the WSGI one."""

from __future__ import annotations

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from backend.bridge import Bridge
from backend.charset import Utf8ASGIRequest
from backend.dispatcher import Dispatcher
from backend.wsgi import application as wsgi_application  # sets Django up

streams = ASGIHandler()
streams.request_class = Utf8ASGIRequest

application = Dispatcher(
    Bridge(wsgi_application, threads=settings.WEB_THREADS, max_bytes=settings.REQUEST_MAX_BYTES),
    streams,
    max_bytes=settings.REQUEST_MAX_BYTES,
)
