"""Production: refuses to start on anything that is only fit for development."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from backend.settings import base
from backend.settings.base import *  # noqa: F403
from backend.settings.base import env
from domains.accounts.keys import parse_key
from domains.payments.gateway import GATEWAYS

MIN_SECRET_CHARACTERS = 32


def _refuse(problem: str) -> NoReturn:
    raise ImproperlyConfigured(f"Refusing to start in production: {problem}")


def _check_secret(name: str, value: str) -> None:
    if len(value) < MIN_SECRET_CHARACTERS or "development-only" in value or "insecure" in value or "change-me" in value:
        _refuse(f"{name} must be a random secret of at least {MIN_SECRET_CHARACTERS} characters")


def _check_key(name: str, entry: str) -> None:
    try:
        key = parse_key(entry)
    except ValueError as error:
        _refuse(f"{name} is {error}")
    if key.algorithm == "HS256":
        _check_secret(name, entry)


if base.DEBUG:
    _refuse("DEBUG is on; unset it")
_check_secret("SECRET_KEY", base.SECRET_KEY)
if not base.ALLOWED_HOSTS or any(host.strip() in {"*", "."} for host in base.ALLOWED_HOSTS):
    _refuse("ALLOWED_HOSTS must name the hosts this service answers for; a wildcard is not accepted")
if not base.JWT_KEYS:
    _refuse("JWT_KEYS must hold at least one kid=secret pair")
for _kid, _entry in base.JWT_KEYS.items():
    _check_key(f"the key {_kid!r} in JWT_KEYS", _entry)
if base.SECRET_KEY in base.JWT_KEYS.values():
    _refuse("JWT_KEYS must not reuse SECRET_KEY")
for _name in ("DATABASE_URL", "REDIS_URL"):
    if not env.str(_name, default=""):
        _refuse(f"{_name} is not set")
if base.PAYMENT_GATEWAY not in GATEWAYS:
    _refuse(f"PAYMENT_GATEWAY must be one of {', '.join(GATEWAYS)}")
if base.PAYMENT_GATEWAY == "stripe" and not (base.STRIPE_API_KEY and any(base.STRIPE_WEBHOOK_SECRET)):
    _refuse("PAYMENT_GATEWAY is stripe, which needs STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET")

JWT_ACTIVE_KID = base.JWT_ACTIVE_KID or next(iter(base.JWT_KEYS))
if JWT_ACTIVE_KID not in base.JWT_KEYS:
    _refuse("JWT_ACTIVE_KID names no key of JWT_KEYS")
if parse_key(base.JWT_KEYS[JWT_ACTIVE_KID]).signing is None:
    _refuse("JWT_ACTIVE_KID names a public key, which cannot sign")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if base.TRUST_PROXY else None
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes speak plain HTTP inside the cluster
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# No cookie says who somebody is, so there is no request that another site could forge.
SILENCED_SYSTEM_CHECKS = ["security.W003"]
