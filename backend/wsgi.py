"""The WSGI application: every request but event streams. Requests are UTF-8, whatever charset they name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import reset_queries
from django.http import HttpRequest
from django.urls import ResolverMatch, resolve
from django.utils.http import parse_header_parameters

ENDPOINT = "/graphql"


class Utf8WSGIRequest(WSGIRequest):
    """Django reads the query string in the charset of the body, and fails before any view for some that it knows."""

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # no type at all then: the view says which it takes
            self.content_type, self.content_params = "", {}


class Application(WSGIHandler):
    """Django's, which finds the endpoint without trying the routes."""

    request_class = Utf8WSGIRequest

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """The view of a request and its arguments."""
        if request.path_info != ENDPOINT:
            return super().resolve_request(request)
        request.resolver_match = _endpoint()
        return request.resolver_match


@cache
def _endpoint() -> ResolverMatch:
    return resolve(ENDPOINT)


django.setup(set_prefix=False)
application = Application()
# What these would tidy up at each request is never used: there is no cache, and statements are kept for DEBUG alone.
request_finished.disconnect(close_caches)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)
