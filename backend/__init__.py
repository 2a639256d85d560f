"""How the product runs: settings, web server, worker, logging and the development stack. No business word here."""

from __future__ import annotations

import os

# Whoever says nothing runs in production.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.production")
