"""Hashes that stand in the database for an e-mail or address, keyed so that nobody can guess what they are of."""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import salted_hmac


def keyed(salt: str, subject: str) -> list[str]:
    """The hash to write, by SECRET_KEY, and those to look for too: by SECRET_KEY_FALLBACKS, while the key is rotated.

    So what was counted before counts on, also of processes that write by the other key.
    """
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac(salt, subject, secret=secret, algorithm="sha256").hexdigest() for secret in secrets]
