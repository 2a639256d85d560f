"""What an operator chooses about signing in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domains.accounts.keys import parse_key
from domains.common import environment
from domains.common.environment import env

INSTALLED_APPS = ["graphql_jwt.refresh_token"]  # lends its abstract model; its own table stays empty
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS: list[str] = []  # signing in is a service
PASSWORD_HASHERS = ["domains.accounts.hashing.ModestArgon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

JWT_KEYS: dict[str, str] = env.dict("JWT_KEYS", default={})  # kid=secret or kid=EdDSA:key
JWT_ACTIVE_KID: str = env.str("JWT_ACTIVE_KID", default="") or next(iter(JWT_KEYS), "")
JWT_ISSUER: str = env.str("JWT_ISSUER", default="ordergraph")
JWT_AUDIENCE: str = env.str("JWT_AUDIENCE", default="ordergraph-api")
JWT_ACCESS_TOKEN_LIFETIME: int = env.limit("JWT_ACCESS_TOKEN_LIFETIME", default=15)  # minutes
JWT_REFRESH_TOKEN_LIFETIME: int = env.limit("JWT_REFRESH_TOKEN_LIFETIME", default=10080)  # minutes
SESSION_LIFETIME_DAYS: int = env.limit("SESSION_LIFETIME_DAYS", default=30)
LOGIN_FAILURES_PER_MINUTE: int = env.limit("LOGIN_FAILURES_PER_MINUTE", default=5)
MAILS_PER_ADDRESS: int = env.limit("MAILS_PER_ADDRESS", default=100)  # in a quarter of an hour
AUDIT_RETENTION_DAYS: int = env.limit("AUDIT_RETENTION_DAYS", default=180)
ERASURE_GRACE_DAYS: int = env.limit("ERASURE_GRACE_DAYS", default=14, least=0)
GRAPHQL_JWT = {
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_ENCODE_HANDLER": "domains.accounts.jwt.encode",
    "JWT_DECODE_HANDLER": "domains.accounts.jwt.decode",
    "JWT_PAYLOAD_HANDLER": "domains.accounts.jwt.claims",
}

_EVERYBODYS = {"JWT_KEYS": {"development": environment.PUBLIC_SECRET}, "JWT_ACTIVE_KID": "development"}
DEVELOPMENT: dict[str, Any] = {} if JWT_KEYS else _EVERYBODYS
TESTS = {"JWT_KEYS": {"test": "only-for-tests-" + "fedcba9876543210" * 3}, "JWT_ACTIVE_KID": "test"}


def problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Why these settings are not fit for production; no secret is quoted."""
    keys: dict[str, str] = settings["JWT_KEYS"]
    if not keys:
        yield "JWT_KEYS must hold at least one kid=secret pair"
        return
    found = [problem for kid, entry in keys.items() if (problem := _key_problem(f"the key {kid!r} in JWT_KEYS", entry))]
    yield from found
    if {settings["SECRET_KEY"], *settings["SECRET_KEY_FALLBACKS"]} & set(keys.values()):
        yield "JWT_KEYS must not reuse SECRET_KEY or SECRET_KEY_FALLBACKS"
    active = keys.get(settings["JWT_ACTIVE_KID"])
    if active is None:
        yield "JWT_ACTIVE_KID names no key of JWT_KEYS"
    elif not found and parse_key(active).signing is None:
        yield "JWT_ACTIVE_KID names a public key, which cannot sign"


def _key_problem(name: str, entry: str) -> str | None:
    try:
        key = parse_key(entry)
    except ValueError as error:
        return f"{name} is {error}"
    if key.algorithm == "HS256" and not environment.is_secret(entry):
        return f"{name} must be {environment.SECRET_RULE}"
    return None
