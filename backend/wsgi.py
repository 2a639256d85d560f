"""The WSGI application: every request but event streams. Requests are UTF-8, whatever charset they name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.production")


class Utf8WSGIRequest(WSGIRequest):
    """Django reads the query string in the charset of the body, and fails before any view for some that it knows."""

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # no type at all then: the view says which it takes
            self.content_type, self.content_params = "", {}


application = get_wsgi_application()
application.request_class = Utf8WSGIRequest
