"""Access tokens. The one module that imports django-graphql-jwt and PyJWT.

The package dispatches to the functions below (settings GRAPHQL_JWT) and lends its refresh-token base model. Its
own decoding and header reading are never used: they accept a token without `exp`, take one algorithm for all keys
and fall back to a cookie.

A token that was verified is remembered for a few seconds: a client sends the same one with each of its requests.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import jwt
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from graphql_jwt.refresh_token.models import AbstractRefreshToken as RefreshTokenBase
from graphql_jwt.settings import jwt_settings

from domains.accounts.keys import parse_key
from domains.common.errors import UnauthenticatedError

__all__ = ["AccessClaims", "RefreshTokenBase", "read_access_token", "write_access_token"]

TYPE = "at+jwt"  # RFC 9068
CLOCK_LEEWAY_SECONDS = 30  # between the clocks of web machines: RFC 7519, 4.1.4
REMEMBERED_SECONDS = 5.0
REMEMBERED_TOKENS = 10_000
REQUIRED = ["iss", "aud", "sub", "sid", "jti", "ver", "iat", "nbf", "exp"]


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says."""

    user_id: UUID
    session_id: UUID
    token_version: int


def claims(claims: AccessClaims, context: datetime | None = None) -> dict[str, Any]:
    """The payload: ids and times only, nothing personal. `context` is the moment of expiry."""
    now = timezone.now()
    return {
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
        "sub": str(claims.user_id),
        "sid": str(claims.session_id),
        "jti": uuid4().hex,
        "ver": claims.token_version,
        "iat": now,
        "nbf": now,
        "exp": context or now + timedelta(minutes=settings.JWT_ACCESS_TOKEN_LIFETIME),
    }


def encode(payload: dict[str, Any], context: Any = None) -> str:
    """Sign with the active key of the ring."""
    kid = settings.JWT_ACTIVE_KID
    key = parse_key(settings.JWT_KEYS[kid])
    if key.signing is None:
        raise ImproperlyConfigured("JWT_ACTIVE_KID names a public key, which cannot sign")
    return jwt.encode(payload, key.signing, algorithm=key.algorithm, headers={"kid": kid, "typ": TYPE})


def decode(token: str, context: Any = None) -> dict[str, Any]:
    """Verify signature, type and every required claim; the algorithm is the key's, never the header's.

    Times (iat, nbf, exp) may be off by CLOCK_LEEWAY_SECONDS.
    """
    kid, typ = _header(token.partition(".")[0])
    entry = settings.JWT_KEYS.get(kid)
    if entry is None or typ != TYPE:
        raise jwt.InvalidTokenError
    key = parse_key(entry)
    options: Any = {"require": REQUIRED, "verify_signature": True}
    return jwt.decode(
        token,
        key.verifying,
        algorithms=[key.algorithm],
        audience=settings.JWT_AUDIENCE,
        issuer=settings.JWT_ISSUER,
        leeway=CLOCK_LEEWAY_SECONDS,
        options=options,
    )


@lru_cache(maxsize=16)  # all tokens of a key have the same
def _header(segment: str) -> tuple[Any, Any]:
    """Key id and type, to choose the key by; decoding reads the whole header again. Raises ValueError for none."""
    header = json.loads(urlsafe_b64decode(f"{segment}=="))
    return header.get("kid", ""), header.get("typ")


def write_access_token(access: AccessClaims, *, expires_at: datetime) -> str:
    """A signed access token that ends at `expires_at`."""
    token: str = jwt_settings.JWT_ENCODE_HANDLER(jwt_settings.JWT_PAYLOAD_HANDLER(access, expires_at))
    return token


def read_access_token(token: str) -> AccessClaims:
    """The claims of a valid token. Raises UnauthenticatedError with one message for every reason."""
    try:
        fingerprint = _fingerprint(token)
        known = _remembered.get(fingerprint)
        if known is None or known.until < time.monotonic():
            known = _verified(token)
            _remember(fingerprint, known)
        if known.ends + CLOCK_LEEWAY_SECONDS <= time.time():
            raise jwt.ExpiredSignatureError
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        raise UnauthenticatedError("The access token is not valid or has expired; refresh it or sign in") from None
    return known.claims


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token says whose signature was found to be good."""

    claims: AccessClaims
    ends: float  # `exp`, in seconds of the wall clock
    until: float  # which it is remembered, on the monotonic clock


def _verified(token: str) -> Verified:
    payload = jwt_settings.JWT_DECODE_HANDLER(token)
    claims = AccessClaims(UUID(payload["sub"]), UUID(payload["sid"]), int(payload["ver"]))
    return Verified(claims, int(payload["exp"]), time.monotonic() + REMEMBERED_SECONDS)


def _fingerprint(token: str) -> bytes:
    """Of the token and of all that it is verified by: where that changes nothing is remembered of it."""
    kid, _ = _header(token.partition(".")[0])
    parts = (settings.JWT_KEYS.get(kid), settings.JWT_ISSUER, settings.JWT_AUDIENCE, token)
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()


def _remember(fingerprint: bytes, verified: Verified) -> None:
    _remembered.pop(fingerprint, None)  # to the end of the order
    _remembered[fingerprint] = verified
    with contextlib.suppress(StopIteration, RuntimeError, KeyError):  # other threads do the same
        while len(_remembered) > REMEMBERED_TOKENS:
            del _remembered[next(iter(_remembered))]


_remembered: dict[bytes, Verified] = {}
