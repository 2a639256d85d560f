"""Development: `python3 manage.py dev` puts the database, Redis and mail folder into the environment."""

from __future__ import annotations

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

from backend.settings import base
from backend.settings.base import *  # noqa: F403
from backend.settings.domains import problems, settings_for
from domains.common.environment import PUBLIC_SECRET, SECRET_RULE, env, is_secret

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = base.SECRET_KEY or PUBLIC_SECRET
ALLOWED_HOSTS = base.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", ".localhost"]
DEMO = DEBUG
if DEBUG:  # the web application that is being made may be served from any port of this machine
    CORS_ALLOWED_ORIGIN_REGEXES = [r"https?://(([a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?\Z"]
    if not base.CORS_ALLOWED_ORIGINS:
        MIDDLEWARE = [base.MIDDLEWARE[0], base.CORS_MIDDLEWARE, *base.MIDDLEWARE[1:]]
GRAPHIQL = env.bool("GRAPHIQL", default=True)
INTROSPECTION = env.bool("INTROSPECTION", default=True)
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
# Commands that are for a checkout alone: the image has no tests.
INSTALLED_APPS = [*base.INSTALLED_APPS, *(["tests.replay", "tests.tools"] if find_spec("tests") else [])]
globals().update(settings_for("DEVELOPMENT"))

if not DEBUG:
    _problems = [f"SECRET_KEY must be {SECRET_RULE}"] if not is_secret(SECRET_KEY) else list(problems(globals()))
    if _problems:
        raise ImproperlyConfigured(f"Refusing to start with DEBUG off: {'; '.join(_problems)}")
