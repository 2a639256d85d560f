"""Development needs no variables; tests run as production does."""

from __future__ import annotations

import pytest

from tests.backend.test_production_settings import load

NOTHING = dict.fromkeys(["SECRET_KEY", "JWT_KEYS", "JWT_ACTIVE_KID", "ALLOWED_HOSTS"], "")


def test_development_starts_with_nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "local", **NOTHING)
    assert (settings.DEBUG, settings.DEMO, settings.GRAPHIQL, settings.INTROSPECTION) == (True,) * 4
    assert settings.JWT_ACTIVE_KID in settings.JWT_KEYS
    assert "127.0.0.1" in settings.ALLOWED_HOSTS
    assert "*" not in settings.ALLOWED_HOSTS


def test_there_are_no_demo_people_where_debug_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "local", **NOTHING, DEBUG="off")
    assert (settings.DEBUG, settings.DEMO) == (False, False)


def test_what_is_set_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "local", GRAPHIQL="off", JWT_KEYS="mine=key", JWT_ACTIVE_KID="", STORE_CURRENCY="JPY")
    assert (settings.GRAPHIQL, settings.JWT_KEYS, settings.JWT_ACTIVE_KID) == (False, {"mine": "key"}, "mine")
    assert settings.STORE_CURRENCY == "JPY"


def test_tests_run_with_debug_off(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "test", DEBUG="on")
    assert (settings.DEBUG, settings.DEMO) == (False, False)


def test_every_environment_keeps_transactions_short_and_connections_open(monkeypatch: pytest.MonkeyPatch) -> None:
    database = load(monkeypatch, "local", **NOTHING).DATABASES["default"]
    assert not database.get("ATOMIC_REQUESTS", False)
    assert database["CONN_MAX_AGE"] > 0
