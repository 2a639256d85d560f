"""The routes: one GraphQL endpoint, probes, and what a domain brings in a `urls.py` of its own."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from backend.graphiql.views import graphiql_page
from backend.health import healthz, readyz
from domains import DOMAINS
from schema.http import GraphQLView

urlpatterns: list[URLPattern | URLResolver] = [
    path("graphql", GraphQLView.as_view(explorer=graphiql_page), name="graphql"),
    path("graphql/", include("backend.graphiql.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
    *(path("", include(f"domains.{name}.urls")) for name in DOMAINS if find_spec(f"domains.{name}.urls")),
]
