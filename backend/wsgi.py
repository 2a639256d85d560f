"""The WSGI application: every request but event streams."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from backend.charset import Utf8WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.production")

application = get_wsgi_application()
application.request_class = Utf8WSGIRequest
