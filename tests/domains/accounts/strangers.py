"""Whom no other test or run has throttled: addresses and e-mails that are used once, and time that passes."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models import F

from domains.accounts.models import User
from domains.common.guard.models import Attempt
from tests.api import Api
from tests.factories import PASSWORD, UserFactory


def new_address() -> str:
    """An IPv6 address with a /64 of its own."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def new_email() -> str:
    return f"{uuid4().hex}@example.com"


def newcomer() -> User:
    return UserFactory.create(email=new_email())


def sign_in(email: str, password: str, *, address: str) -> dict[str, Any]:
    """What `login` answers."""
    return Api(address=address).call("login", "tokens { accessToken }", email=email, password=password)


def guess(user: User, *, address: str, times: int = 1) -> str:
    """What the last of so many wrong passwords is answered."""
    outcome: str = [sign_in(user.email, "not this one", address=address)["__typename"] for _ in range(times)][-1]
    return outcome


def enter(user: User, *, address: str) -> str:
    """What the right password is answered."""
    typename: str = sign_in(user.email, PASSWORD, address=address)["__typename"]
    return typename


def time_passes(seconds: float) -> None:
    """For whoever was throttled."""
    Attempt.objects.update(expires_at=F("expires_at") - timedelta(seconds=seconds))
