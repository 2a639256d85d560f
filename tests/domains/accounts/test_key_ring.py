"""A key brings its algorithm, keys rotate by their id, and no token chooses how it is checked."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from domains.accounts import services
from domains.accounts.jwt import AccessClaims, claims
from domains.accounts.keys import parse_key
from domains.accounts.models import User
from domains.accounts.tokens import Tokens
from tests.api import Api, sign_in
from tests.factories import SessionFactory

ME = "{ me { email } }"
PRIVATE = Ed25519PrivateKey.generate()
SEED = "EdDSA:" + b64encode(PRIVATE.private_bytes_raw()).decode()
PRIVATE_PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC_PEM = (
    PRIVATE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
ELLIPTIC_PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


def believed(access_token: str) -> bool:
    answer = Api(token=access_token).post(ME)
    if "errors" in answer:
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    return "errors" not in answer


@pytest.mark.django_db
@pytest.mark.parametrize(
    "entry",
    [SEED, f"EdDSA:{PRIVATE_PEM}", "EdDSA:" + PRIVATE_PEM.replace("\n", "\\n")],
    ids=["seed", "PEM", "PEM on one line"],
)
def test_an_ed25519_key_signs_and_verifies(customer: User, settings: Settings, entry: str) -> None:
    settings.JWT_KEYS, settings.JWT_ACTIVE_KID = {"ed": entry}, "ed"
    access = sign_in(customer).access_token
    assert jwt.get_unverified_header(access) == {"alg": "EdDSA", "kid": "ed", "typ": "at+jwt"}
    assert believed(access)


@pytest.mark.django_db
def test_keys_of_both_kinds_rotate_without_signing_anybody_out(customer: User, settings: Settings) -> None:
    old = sign_in(customer).access_token
    settings.JWT_KEYS, settings.JWT_ACTIVE_KID = {**configured.JWT_KEYS, "ed": SEED}, "ed"
    new = sign_in(customer).access_token
    assert believed(old)
    assert believed(new)
    settings.JWT_KEYS = {"ed": SEED}
    assert not believed(old)
    assert believed(new)


@pytest.mark.django_db
def test_a_public_key_verifies_and_does_not_sign(customer: User, settings: Settings) -> None:
    settings.JWT_KEYS, settings.JWT_ACTIVE_KID = {"ed": SEED}, "ed"
    access = sign_in(customer).access_token
    settings.JWT_KEYS = {"ed": f"EdDSA:{PUBLIC_PEM}"}
    assert believed(access)
    with pytest.raises(ImproperlyConfigured, match="public key"):
        sign_in(customer)


@pytest.mark.django_db
@pytest.mark.parametrize("secret", [PUBLIC_PEM, PUBLIC_PEM.strip(), f"EdDSA:{PUBLIC_PEM}", SEED], ids=range(4))
def test_the_public_key_is_no_secret_that_signs(customer: User, settings: Settings, secret: str) -> None:
    settings.JWT_KEYS, settings.JWT_ACTIVE_KID = {"ed": f"EdDSA:{PUBLIC_PEM}"}, "ed"
    payload = claims(AccessClaims(customer.id, SessionFactory.create(user=customer).id, 0))
    for moment in ("iat", "nbf", "exp"):
        payload[moment] = int(payload[moment].timestamp())
    head, body = _part({"alg": "HS256", "kid": "ed", "typ": "at+jwt"}), _part(payload)
    signature = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert not believed(f"{head}.{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}")


@pytest.mark.django_db
def test_a_key_is_used_for_its_own_id_only(customer: User, settings: Settings) -> None:
    settings.JWT_KEYS = {**configured.JWT_KEYS, "ed": SEED}
    payload = claims(AccessClaims(customer.id, SessionFactory.create(user=customer).id, 0))
    for kid, right in (("ed", True), ("test", False)):
        header = {"kid": kid, "typ": "at+jwt"}
        assert believed(jwt.encode(payload, PRIVATE, algorithm="EdDSA", headers=header)) is right


@pytest.mark.django_db
def test_a_rotation_of_keys_between_two_tabs_gives_them_the_same_successor(customer: User, settings: Settings) -> None:
    secret = sign_in(customer).refresh_token
    first: Tokens = services.refresh(refresh_token=secret)
    settings.JWT_KEYS, settings.JWT_ACTIVE_KID = {"ed": SEED}, "ed"
    second: Tokens = services.refresh(refresh_token=secret)
    assert first.refresh_token == second.refresh_token
    services.refresh(refresh_token=second.refresh_token)


@pytest.mark.parametrize(
    "entry",
    ["EdDSA:", "EdDSA:c2hvcnQ=", "EdDSA:?", f"EdDSA:{ELLIPTIC_PEM}", "EdDSA:-----BEGIN PUBLIC KEY-----"],
    ids=range(5),
)
def test_what_is_no_ed25519_key_is_refused_without_being_quoted(entry: str) -> None:
    with pytest.raises(ValueError, match="not an Ed25519 key") as refusal:
        parse_key(entry)
    assert str(refusal.value) == "not an Ed25519 key: 32 bytes in base64, or PEM without a password"


def test_keys_are_not_shown() -> None:
    secret = "a-secret-of-thirty-two-characters"
    assert secret not in repr(parse_key(secret))
    assert "object" not in repr(parse_key(SEED))


def _part(fields: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
