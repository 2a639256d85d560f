"""The key ring: what signs and verifies access tokens. Each entry brings its algorithm, no token chooses one.

An entry of JWT_KEYS is `kid=SECRET` (HS256) or `kid=EdDSA:KEY`, where KEY is an Ed25519 seed in base64, or PEM: a
private key signs and verifies, a public one verifies only.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

_EDDSA = "EdDSA:"


@dataclass(frozen=True, slots=True)
class Key:
    """One entry; `signing` is None for a public key."""

    algorithm: str
    verifying: str | Ed25519PublicKey = field(repr=False)
    signing: str | Ed25519PrivateKey | None = field(repr=False)


@lru_cache(maxsize=64)
def parse_key(text: str) -> Key:
    """The key of an entry. Raises ValueError, without quoting it, for one that is none."""
    if not text.startswith(_EDDSA):
        return Key("HS256", text, text)
    try:
        return _ed25519(text.removeprefix(_EDDSA).replace("\\n", "\n").strip())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not an Ed25519 key: 32 bytes in base64, or PEM without a password") from None


def _ed25519(text: str) -> Key:
    if "PUBLIC KEY" in text:
        public = load_pem_public_key(text.encode())
        if not isinstance(public, Ed25519PublicKey):
            raise TypeError
        return Key("EdDSA", public, None)
    if "PRIVATE KEY" in text:
        private = load_pem_private_key(text.encode(), password=None)
    else:
        private = Ed25519PrivateKey.from_private_bytes(b64decode(text, validate=True))
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError
    return Key("EdDSA", private.public_key(), private)
