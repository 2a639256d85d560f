"""What every process begins with, whichever its role."""

from __future__ import annotations

import gc

from django.apps import AppConfig

from backend import USUAL_THRESHOLD, reporting, tracing


class BackendConfig(AppConfig):
    name = "backend"

    def ready(self) -> None:
        tracing.begin()
        reporting.begin()
        gc.set_threshold(*USUAL_THRESHOLD)  # all is loaded
