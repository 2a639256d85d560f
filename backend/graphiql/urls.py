from __future__ import annotations

from django.urls import path

from backend.graphiql.views import graphiql_asset

urlpatterns = [path("assets/<path:path>", graphiql_asset, name="graphiql-asset")]
