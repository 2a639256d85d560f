"""Tests: real PostgreSQL and Redis, given by `python3 manage.py test` or by DATABASE_URL and REDIS_URL."""

from __future__ import annotations

import os

from backend.settings import base
from backend.settings.base import *  # noqa: F403
from backend.settings.domains import settings_for
from domains.common.environment import env

DEBUG = False
SECRET_KEY = "only-for-tests-" + "0123456789abcdef" * 3
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
GRAPHIQL = True
INTROSPECTION = True
INSTALLED_APPS = [*base.INSTALLED_APPS, "tests.tools"]
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.locmem.EmailBackend")
# One name for the run: separate checkouts and simultaneous runs may share a server.
DATABASES = base.DATABASES
DATABASES["default"]["TEST"] = {
    "NAME": env.str("TEST_DATABASE_NAME", default="test_ordergraph"),
    "TEMPLATE": os.environ.get("TEST_TEMPLATE"),
}
# And one for each process of it; what such a process starts has its name already.
_process = f"{os.environ['PYTEST_XDIST_WORKER']}:" if "PYTEST_XDIST_WORKER" in os.environ else ""
REDIS_PREFIX = base.REDIS_PREFIX.removesuffix(_process) + _process
CELERY_BROKER_TRANSPORT_OPTIONS = base.CELERY_BROKER_TRANSPORT_OPTIONS | {"global_keyprefix": REDIS_PREFIX}
globals().update(settings_for("TESTS"))
