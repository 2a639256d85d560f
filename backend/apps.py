"""What every process begins with, whichever its role."""

from __future__ import annotations

from django.apps import AppConfig

from backend import reporting, tracing


class BackendConfig(AppConfig):
    name = "backend"

    def ready(self) -> None:
        tracing.begin()
        reporting.begin()
