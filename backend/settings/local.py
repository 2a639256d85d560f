"""Development: `python3 manage.py dev` puts the database, Redis and mail folder into the environment."""

from __future__ import annotations

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

from backend.settings import base
from backend.settings.base import *  # noqa: F403

PUBLIC_SECRET = "development-only-never-accepted-in-production"  # noqa: S105  # anybody can read it here
DEBUG = base.env.bool("DEBUG", default=True)
SECRET_KEY = base.SECRET_KEY or PUBLIC_SECRET
ALLOWED_HOSTS = base.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", ".localhost"]
JWT_KEYS = base.JWT_KEYS or {"development": PUBLIC_SECRET}
JWT_ACTIVE_KID = base.JWT_ACTIVE_KID or next(iter(JWT_KEYS))
if not DEBUG and PUBLIC_SECRET in {SECRET_KEY, *JWT_KEYS.values()}:
    raise ImproperlyConfigured("Refusing to start with DEBUG off: set SECRET_KEY and JWT_KEYS, everybody knows these")
DEMO = DEBUG
# Commands that are for a checkout alone: the image has no tests.
INSTALLED_APPS = [*base.INSTALLED_APPS, *(["tests.replay"] if find_spec("tests") else [])]
GRAPHIQL = base.env.bool("GRAPHIQL", default=True)
INTROSPECTION = base.env.bool("INTROSPECTION", default=True)
EMAIL_BACKEND = base.env.str("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
