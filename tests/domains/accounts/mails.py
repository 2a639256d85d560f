"""Reading the mails about accounts."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail

from domains.common.background import delivering, outbox


def deliver() -> list[Any]:
    """What relay and worker do, in this thread; the mails that went out."""
    before = len(mail.outbox)
    for message_id in outbox.hand_over():
        assert delivering.deliver(message_id)
    return mail.outbox[before:]


def token_in(message: Any, page: str) -> str:
    """The secret in the link of a mail, which is the same in both of its parts and only in the fragment."""
    found = re.findall(rf"http://127\.0\.0\.1:8000/{page}#token=(\S+)", str(message.body))
    assert len(found) == 1, message.body
    assert f"/{page}#token={found[0]}" in str(message.alternatives[0][0])
    token: str = found[0]
    return token


def reset_token(message: Any) -> str:
    return token_in(message, "reset-password")


def verification_token(message: Any) -> str:
    return token_in(message, "verify-email")
