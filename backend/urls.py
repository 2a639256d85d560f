"""The routes: one GraphQL endpoint, probes, and what a domain brings in a `urls.py` of its own. Errors are JSON."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from backend.dev.pages import urlpatterns as pages_of_development
from backend.graphiql.views import graphiql_asset, graphiql_page
from backend.replies import bad_request, forbidden, not_found, server_error
from domains import modules
from schema.http import GraphQLView
from schema.streams.view import StreamView

urlpatterns: list[URLPattern | URLResolver] = [
    path("graphql", GraphQLView.as_view(explorer=graphiql_page), name="graphql"),
    path("graphql/stream", StreamView.as_view(), name="stream"),
    path("graphql/assets/<path:path>", graphiql_asset),
    *(path("", include(urls)) for urls in modules("urls")),
    *pages_of_development,
    re_path("", not_found),  # here and not as handler404 alone, so that development answers like production
]
handler400, handler403, handler404, handler500 = bad_request, forbidden, not_found, server_error
