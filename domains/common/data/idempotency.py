"""Idempotency keys: the same key and input lead to the same row, however often and however parallel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from domains.common.data.models import IdempotencyKey, new_id
from domains.common.data.prepared import fetch_one
from domains.common.errors import IdempotencyConflictError

# The ORM would not tell whether the row is new without asking again.
_CLAIM = """WITH claimed AS (INSERT INTO common_idempotencykey
    (id, created_at, updated_at, owner_id, operation, key, fingerprint, result_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (owner_id, operation, key) DO NOTHING RETURNING owner_id) """


def fingerprint(*versions: Mapping[str, Any]) -> str:
    """Sha256 (hex) of an input in canonical form: sorted keys, no white space.

    `versions` are the input's fields (JSON values), grouped by the version of the input that brought them, oldest
    first. Fields of later versions are optional: one that is None leaves no trace, and the newest version of which a
    field is given is part of the text. So a call that gives none of the new fields has the same fingerprint before and
    after the deployment that adds them, and while old and new servers run side by side.
    """
    canonical = dict(versions[0])
    for number, fields in enumerate(versions[1:], start=2):
        if given := {name: value for name, value in fields.items() if value is not None}:
            canonical |= {**given, "version": number}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def release(*, owner_id: UUID, operation: str, key: UUID) -> None:
    """Undo a claim in the transaction that made it: the call is refused for now and writes nothing."""
    IdempotencyKey.objects.filter(owner_id=owner_id, operation=operation, key=key).delete()


def claim(
    *, owner_id: UUID, operation: str, key: UUID, fingerprint: str, result_id: UUID, then: str = "TABLE claimed"
) -> UUID:
    """Claim the key inside the caller's transaction and return the result it stands for.

    That is `result_id` when the key is new. A parallel claim waits until the first one's transaction ends.
    `then` is a SELECT to run in the same statement after it: `claimed` has the owner's id, and no row for a known key.
    Raises IdempotencyConflictError when the key came with another input.
    """
    now = timezone.now()
    if fetch_one(_CLAIM + then, new_id(), now, now, owner_id, operation, key, fingerprint, result_id):
        return result_id
    known_id = find(owner_id=owner_id, operation=operation, key=key, fingerprint=fingerprint)
    assert known_id is not None
    return known_id


def find(*, owner_id: UUID, operation: str, key: UUID, fingerprint: str) -> UUID | None:
    """The result that the key stands for by now, None for a new one. Raises IdempotencyConflictError as `claim`."""
    known = IdempotencyKey.objects.filter(owner_id=owner_id, operation=operation, key=key).first()
    if known is None:
        return None
    if known.fingerprint != fingerprint:
        raise IdempotencyConflictError
    return known.result_id
