"""The rules of accounts, one file a use case."""

from __future__ import annotations

from domains.accounts.services.deactivating import deactivate_account, demote_staff
from domains.accounts.services.erasing import ErasureWaits, cancel_erasure, erase, request_erasure
from domains.accounts.services.exporting import document, part
from domains.accounts.services.passwords import change_password, request_password_reset, reset_password
from domains.accounts.services.profile import ProfileEdit, known, update_profile
from domains.accounts.services.registering import create_staff, register
from domains.accounts.services.sessions import is_over, logout, logout_everywhere, revoke_session
from domains.accounts.services.signing_in import login, open_session
from domains.accounts.services.verification import request_email_verification, verify_email
from domains.accounts.tokens import refresh
