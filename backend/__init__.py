"""How the product runs: settings, web server, worker, logging and the development stack. No business word here."""

from __future__ import annotations

import atexit
import gc
import os

# Whoever says nothing runs in production.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.production")

# What a process loads stays to its end, and then goes with it. Looked through for cycles while it loads and once more
# before it goes, a command that only starts and ends would take 0.65 s of a core for 0.46. What works for long looks as
# often as ever (`apps.py`): a worker that did not, grew by 6 MiB an hour.
USUAL_THRESHOLD = gc.get_threshold()
gc.set_threshold(20_000, 10, 10)
atexit.register(gc.freeze)
