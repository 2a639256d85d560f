"""Ours, without what is of GraphQL, and with Django's own database engine as it comes."""

from __future__ import annotations

from backend.settings import production
from backend.settings.production import *  # noqa: F403

INSTALLED_APPS = [*production.INSTALLED_APPS, "rest_framework"]
ROOT_URLCONF = "tests.benchmarks.peers.drf.urls"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
_OURS = ("CONN_HEALTH_CHECKS", "OPTIONS")
DATABASES = {
    alias: {
        **{name: value for name, value in database.items() if name not in _OURS},
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {name: value for name, value in database["OPTIONS"].items() if name != "prepare_threshold"},
    }
    for alias, database in production.DATABASES.items()
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tests.benchmarks.peers.drf.authentication.Bearer"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
