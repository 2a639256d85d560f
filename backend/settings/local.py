"""Development: `python3 manage.py dev` puts the database, Redis and mail folder into the environment."""

from __future__ import annotations

from backend.settings import base
from backend.settings.base import *  # noqa: F403

DEBUG = base.env.bool("DEBUG", default=True)
SECRET_KEY = base.SECRET_KEY or "development-only-never-accepted-in-production"
ALLOWED_HOSTS = base.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", ".localhost"]
JWT_KEYS = base.JWT_KEYS or {"development": "development-only-never-accepted-in-production"}
JWT_ACTIVE_KID = base.JWT_ACTIVE_KID or next(iter(JWT_KEYS))
DEMO = DEBUG
GRAPHIQL = base.env.bool("GRAPHIQL", default=True)
INTROSPECTION = base.env.bool("INTROSPECTION", default=True)
EMAIL_BACKEND = base.env.str("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
