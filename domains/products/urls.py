"""Routes of the catalogue."""

from __future__ import annotations

from django.urls import path

from domains.products.drawings import drawing

urlpatterns = [path("demo/images/<slug:name>.svg", drawing)]
