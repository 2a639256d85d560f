"""Development needs no variables; tests run as production does."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.backend.test_production_settings import OTHER, SECRET, load
from tests.commands import ROOT, python

SHOP = {"PAYMENT_GATEWAY": "sandbox", "FRONTEND_URL": "https://shop.example.com"}
NOTHING = dict.fromkeys(["SECRET_KEY", "JWT_KEYS", "JWT_ACTIVE_KID", "ALLOWED_HOSTS"], "")


def test_development_starts_with_nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "local", **NOTHING)
    assert (settings.DEBUG, settings.DEMO, settings.GRAPHIQL, settings.INTROSPECTION) == (True,) * 4
    assert settings.JWT_ACTIVE_KID in settings.JWT_KEYS
    assert "127.0.0.1" in settings.ALLOWED_HOSTS
    assert "*" not in settings.ALLOWED_HOSTS


@pytest.mark.parametrize("named", ["", "https://shop.example"])
def test_any_origin_of_this_machine_may_call_and_no_other(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "local", **NOTHING, CORS_ALLOWED_ORIGINS=named)
    assert settings.MIDDLEWARE.count(settings.CORS_MIDDLEWARE) == 1
    (allowed,) = settings.CORS_ALLOWED_ORIGIN_REGEXES
    ours = ("http://localhost:5173", "http://127.0.0.1:3000", "https://shop.localhost", "http://[::1]:3000")
    others = (
        "http://localhost.evil.example",
        "https://evil-localhost",
        "http://localhost:1\n",
        "http://127.0.0.1.nip.io",
        "null",
    )
    assert all(re.match(allowed, origin) for origin in ours)
    assert not any(re.match(allowed, origin) for origin in others)


def test_there_are_no_demo_people_where_debug_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {**NOTHING, "SECRET_KEY": SECRET, "JWT_KEYS": f"mine={OTHER}", **SHOP}
    settings = load(monkeypatch, "local", **own, DEBUG="off")
    assert (settings.DEBUG, settings.DEMO, settings.CORS_ALLOWED_ORIGIN_REGEXES) == (False, False, [])


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"SECRET_KEY": SECRET},
        {"JWT_KEYS": f"mine={OTHER}"},
        {"SECRET_KEY": SECRET, "JWT_KEYS": f"mine={OTHER},old=development-only-never-accepted-in-production"},
    ],
    ids=str,
)
def test_secrets_that_everybody_knows_are_refused_where_debug_is_off(
    own: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImproperlyConfigured, match="DEBUG off"):
        load(monkeypatch, "local", **{**NOTHING, **SHOP, **own}, DEBUG="off")


@pytest.mark.parametrize("module", ["backend", "backend.celery", "backend.wsgi", "backend.asgi"])
def test_whatever_starts_without_a_word_about_settings_is_production(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    look = f"import {module}, django.conf; django.conf.settings.DEBUG"
    done = python("-c", look, environment=NOTHING)
    assert "Refusing to start in production" in done.stderr


def test_commands_are_of_development_without_a_word_about_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    done = python(str(ROOT / "manage.py"), "diffsettings", environment=NOTHING)
    assert "SETTINGS_MODULE = 'backend.settings.local'" in done.stdout, done.stderr


def test_what_is_set_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "local", GRAPHIQL="off", JWT_KEYS="mine=key", JWT_ACTIVE_KID="", STORE_CURRENCY="JPY")
    assert (settings.GRAPHIQL, settings.JWT_KEYS, settings.JWT_ACTIVE_KID) == (False, {"mine": "key"}, "mine")
    assert settings.STORE_CURRENCY == "JPY"


def test_tests_run_with_debug_off(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "test", DEBUG="on")
    assert (settings.DEBUG, settings.DEMO, settings.CORS_ALLOWED_ORIGIN_REGEXES) == (False, False, [])


def test_every_environment_keeps_transactions_short_and_connections_open(monkeypatch: pytest.MonkeyPatch) -> None:
    database = load(monkeypatch, "local", **NOTHING).DATABASES["default"]
    assert not database.get("ATOMIC_REQUESTS", False)
    assert database["CONN_MAX_AGE"] > 0
