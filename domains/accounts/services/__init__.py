"""The rules of accounts, one file a use case."""

from __future__ import annotations

from domains.accounts.services.registering import create_staff, register
from domains.accounts.services.sessions import logout, refresh
from domains.accounts.services.signing_in import Device, login, open_session

__all__ = ["Device", "create_staff", "login", "logout", "open_session", "refresh", "register"]
