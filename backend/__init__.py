"""How the product runs: settings, web server, worker, logging and the development stack. No business word here."""

from __future__ import annotations

from backend.celery import app as celery_app

__all__ = ["celery_app"]
