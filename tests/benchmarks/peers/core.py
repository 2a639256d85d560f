"""Our settings, with graphql-core's own executor in the place of ours."""

from __future__ import annotations

from backend.settings.production import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.peers.core_urls"
