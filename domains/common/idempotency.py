"""Idempotency keys: the same key and input lead to the same row, however often and however parallel."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from domains.common.errors import IdempotencyConflictError
from domains.common.models import IdempotencyKey


def fingerprint(value: Any) -> str:
    """Sha256 (hex) of a JSON value in canonical form: sorted keys, no white space."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def release(result_id: UUID) -> None:
    """Undo a claim in the transaction that made it: the call is refused for now and writes nothing."""
    IdempotencyKey.objects.filter(result_id=result_id).delete()


def claim(*, owner_id: UUID, operation: str, key: UUID, fingerprint: str, result_id: UUID) -> UUID:
    """Claim the key inside the caller's transaction and return the result it stands for.

    That is `result_id` when the key is new. A parallel claim waits until the first one's transaction ends.
    Raises IdempotencyConflictError when the key came with another input.
    """
    record = IdempotencyKey(
        owner_id=owner_id, operation=operation, key=key, fingerprint=fingerprint, result_id=result_id
    )
    IdempotencyKey.objects.bulk_create([record], ignore_conflicts=True)
    known = IdempotencyKey.objects.get(owner_id=owner_id, operation=operation, key=key)
    if known.fingerprint != fingerprint:
        raise IdempotencyConflictError
    return known.result_id
