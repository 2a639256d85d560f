"""Production refuses to start on anything that is only fit for development, and says why."""

from __future__ import annotations

import secrets
import sys
from importlib import import_module
from types import ModuleType

import pytest
from django.core.exceptions import ImproperlyConfigured

import backend.settings
from domains import DOMAINS
from domains.common.environment import is_secret

SECRET = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ"
OTHER = "zyxwvutsrqponmlkjihgfedcba9876543210-ZYXWVUTSRQ"
PUBLIC = r"\n".join(
    [
        "-----BEGIN PUBLIC KEY-----",
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
        "-----END PUBLIC KEY-----",
    ]
)
GOOD = {
    "SECRET_KEY": SECRET,
    "JWT_KEYS": f"old={OTHER},new={OTHER}2",
    "JWT_ACTIVE_KID": "new",
    "ALLOWED_HOSTS": "shop.example.com,.example.org",
    "DATABASE_URL": "postgres://shop:pw@db/shop",
    "REDIS_URL": "redis://redis/0",
    "PAYMENT_GATEWAY": "sandbox",
    "FRONTEND_URL": "https://shop.example.com",
}
# Empty rather than absent, so that a developer's .env does not fill them in.
UNSET = dict.fromkeys(["DEBUG", "GRAPHIQL", "INTROSPECTION", "SECURE_SSL_REDIRECT", "TRUST_PROXY"], "")


def load(monkeypatch: pytest.MonkeyPatch, environment: str, **variables: str) -> ModuleType:
    """The settings of an environment, read afresh."""
    for name in ("base", environment):
        monkeypatch.delitem(sys.modules, f"backend.settings.{name}", raising=False)
        monkeypatch.delattr(backend.settings, name, raising=False)
    for domain in DOMAINS:
        monkeypatch.delitem(sys.modules, f"domains.{domain}.settings", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for name in UNSET.keys() - variables.keys():
        monkeypatch.delenv(name, raising=False)
    return import_module(f"backend.settings.{environment}")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"DEBUG": "on"}, "DEBUG is on"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be"),
        ({"SECRET_KEY": "development-only-never-accepted-in-production"}, "SECRET_KEY must be"),
        ({"SECRET_KEY": f"django-insecure-{SECRET}"}, "SECRET_KEY must be"),
        ({"SECRET_KEY": "a" * 40}, "SECRET_KEY must be"),
        ({"SECRET_KEY": "0123456789" * 4}, "SECRET_KEY must be"),
        ({"SECRET_KEY_FALLBACKS": f"{SECRET}3,short"}, "each of SECRET_KEY_FALLBACKS must be"),
        ({"SECRET_KEY_FALLBACKS": f"{OTHER}2"}, "JWT_KEYS must not reuse SECRET_KEY or SECRET_KEY_FALLBACKS"),
        ({"JWT_KEYS": f"new={'correct-horse-' * 4}"}, "the key 'new' in JWT_KEYS must be"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "shop.example.com, *"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "."}, "ALLOWED_HOSTS"),
        ({"JWT_KEYS": ""}, "JWT_KEYS must hold"),
        ({"JWT_KEYS": "new=short"}, "the key 'new' in JWT_KEYS"),
        ({"JWT_KEYS": f"old=short,new={OTHER}"}, "the key 'old' in JWT_KEYS"),
        ({"JWT_KEYS": f"new={SECRET}"}, "reuse SECRET_KEY"),
        ({"JWT_KEYS": "new=EdDSA:c2hvcnQ="}, "the key 'new' in JWT_KEYS is not an Ed25519 key"),
        ({"JWT_KEYS": f"new=EdDSA:{PUBLIC}"}, "JWT_ACTIVE_KID names a public key"),
        ({"JWT_ACTIVE_KID": "newer"}, "JWT_ACTIVE_KID names no key"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"REDIS_URL": "sentinel://one,two/0"}, "REDIS_URL must be"),
        ({"REDIS_URL": "sentinel://one/0?master=shop&ssl_ca_certs=ca.pem"}, "REDIS_URL must be"),
        ({"REDIS_URL": "valkey://one/0"}, "REDIS_URL must be"),
        ({"LOGIN_FAILURES_PER_MINUTE": "0"}, "LOGIN_FAILURES_PER_MINUTE must be 1 or more"),
        ({"MAILS_PER_ADDRESS": "-1"}, "MAILS_PER_ADDRESS must be 1 or more"),
        ({"PAYMENT_GATEWAY": "adyen"}, "PAYMENT_GATEWAY must be one of sandbox, stripe"),
        ({"PAYMENT_GATEWAY": ""}, "PAYMENT_GATEWAY must be one of sandbox, stripe"),
        ({"FRONTEND_URL": ""}, "FRONTEND_URL must be"),
        ({"FRONTEND_URL": "shop.example.com"}, "FRONTEND_URL must be"),
        ({"STORE_CURRENCY": "jpy"}, "STORE_CURRENCY must be an ISO 4217 code in capitals"),
        ({"STORE_CURRENCY": "XYZ"}, "STORE_CURRENCY must be an ISO 4217 code in capitals"),
        ({"STORE_CURRENCY": "IRR", "PAYMENT_GATEWAY": "stripe"}, "STORE_CURRENCY is IRR, which stripe does not charge"),
        ({"STORE_TAX_RATE": "a fifth"}, "STORE_TAX_RATE must be a percentage from 0 to 100"),
        ({"STORE_TAX_RATE": "100.01"}, "STORE_TAX_RATE must be a percentage from 0 to 100"),
        ({"STORE_TAX_RATE": "NaN"}, "STORE_TAX_RATE must be a percentage from 0 to 100"),
        ({"PAYMENT_GATEWAY": "stripe", "STRIPE_API_KEY": ""}, "PAYMENT_GATEWAY is stripe"),
        ({"PAYMENT_GATEWAY": "stripe", "STRIPE_API_KEY": "rk_live_1"}, "PAYMENT_GATEWAY is stripe"),
        (
            {"PAYMENT_GATEWAY": "stripe", "STRIPE_API_KEY": "rk_live_1", "STRIPE_WEBHOOK_SECRET": " "},
            "PAYMENT_GATEWAY is stripe",
        ),
    ],
    ids=str,
)
def test_production_does_not_start_on(changes: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(monkeypatch, "production", **{**GOOD, **changes})
    assert says in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert OTHER not in str(refusal.value)


def test_production_starts_with_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    stripe = {"PAYMENT_GATEWAY": "stripe", "STRIPE_API_KEY": "rk_live_1", "STRIPE_WEBHOOK_SECRET": "whsec_1, whsec_2"}
    assert load(monkeypatch, "production", **(GOOD | stripe)).STRIPE_WEBHOOK_SECRET == ["whsec_1", "whsec_2"]


@pytest.mark.parametrize("digits", [16, 64])
def test_what_openssl_makes_is_a_secret(digits: int) -> None:
    assert all(is_secret(secrets.token_hex(digits)) for _ in range(200))


def test_production_starts_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, "production", **GOOD)
    assert (settings.DEBUG, settings.DEMO, settings.GRAPHIQL, settings.INTROSPECTION) == (False,) * 4
    assert settings.SECURE_SSL_REDIRECT
    assert settings.SECURE_PROXY_SSL_HEADER is None
    assert settings.SECURE_HSTS_SECONDS >= 31_536_000


def test_without_a_choice_the_first_key_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, "production", **{**GOOD, "JWT_ACTIVE_KID": ""}).JWT_ACTIVE_KID == "old"


def test_production_starts_with_ed25519_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = {"new": "EdDSA:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", "old": f"EdDSA:{PUBLIC}"}
    text = ",".join(f"{kid}={key}" for kid, key in ring.items())
    settings = load(monkeypatch, "production", **{**GOOD, "JWT_KEYS": text})
    assert ring == settings.JWT_KEYS
