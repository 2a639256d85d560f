"""Relay global ids: the type's name and the primary key, so that `node` finds any entity."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

import strawberry

from domains.common.data.models import NO_ID


def to_global_id(type_name: str, key: UUID) -> strawberry.ID:
    """The id that clients see."""
    return strawberry.ID(urlsafe_b64encode(f"{type_name}:{key.hex}".encode()).decode().rstrip("="))


def parse_global_id(global_id: str) -> tuple[str, UUID] | None:
    """Type name and key; None when the text is no global id."""
    try:
        padded = global_id + "=" * (-len(global_id) % 4)
        type_name, _, key = urlsafe_b64decode(padded.encode()).decode().partition(":")
        return type_name, UUID(hex=key)
    except (ValueError, binascii.Error):
        return None


def key_of(global_id: str, type_name: str) -> UUID:
    """The key when this is the id of such an entity, else NO_ID: a wrong id and a missing row look the same."""
    parsed = parse_global_id(global_id)
    return parsed[1] if parsed and parsed[0] == type_name else NO_ID
