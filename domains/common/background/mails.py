"""Mails: a text and an HTML part from two templates of one name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.transactions import assert_no_transaction
from domains.common.errors import RateLimitedError
from domains.common.guard.throttling import Budget, attempt
from domains.common.tracing import Kind, span

UNPROVEN = "mails to an unproven address"
UNPROVEN_MAILS, UNPROVEN_PERIOD = 5, timedelta(hours=1)
QUEUE = "mail"
PATIENCE = timedelta(days=3)  # a mail server may be away for a weekend
LONGEST_PAUSE = timedelta(hours=1)
# No such mailbox or domain, moved, or not this text. Not 552: a full mailbox may be emptied. Nor codes of a command
# that we should not have sent, or should have signed in for.
FINAL = frozenset({550, 551, 553, 554, 556})
# What stands behind such a code (RFC 3463) and says that it is about us or may pass: our address as the sender (1.7,
# 1.8), a full mailbox (2.2), the server (3), limits and loops on the way (4.5, 4.6), the protocol (5), policy:
# "relaying denied", a list of bad servers (7).
_NOT_FINAL = re.compile(rb"5\.(1\.[78]|2\.2|4\.[56]|[357]\.\d+)\b")
_STATUS = re.compile(rb"[45]\.\d{1,3}\.\d{1,3}\b")


class MailServerAway(Exception):
    """The mail server did not take the mail now, or was not there: why, without the address."""


class MailRefused(outbox.Refused):
    """The mail server will never take this mail: its reply's codes, without the text, which quotes the address."""


def _nobody_hears(message: OutboxMessage) -> None:
    """A mail whose absence is written down nowhere else than in the outbox."""


def handler(topic: str, *, abandon: outbox.Abandon = _nobody_hears) -> Callable[[outbox.Handler], outbox.Handler]:
    """As `outbox.handler`, for a topic whose work is to send a mail."""
    return outbox.handler(
        topic, queue=QUEUE, away=MailServerAway, patience=PATIENCE, longest_pause=LONGEST_PAUSE, abandon=abandon
    )


@contextmanager
def few(to: str, *, proven: bool) -> Iterator[None]:
    """Around a mail that somebody else's doings cause. Unless the address is proven to be its account's, it gets
    UNPROVEN_MAILS in UNPROVEN_PERIOD, and for what is over outbox.Postpone is raised; only mails that are sent count.

    Anybody can register somebody else's address. So such mails also hold nobody's free text.
    """
    if proven:
        yield
        return
    try:
        with attempt(successes=[Budget(UNPROVEN, to, UNPROVEN_MAILS, UNPROVEN_PERIOD)]):
            yield
    except RateLimitedError as refusal:
        raise outbox.Postpone(timedelta(seconds=refusal.retry_after_seconds)) from refusal


def send(*, to: str, subject: str, template: str, context: dict[str, Any], identifier: str) -> None:
    """Send `template`.txt with `template`.html; never inside a transaction. Raises MailServerAway and MailRefused.

    `identifier` makes the Message-ID: the same when a mail is sent again, so that mail programs merge the two.
    """
    assert_no_transaction()
    host = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">")
    connection = get_connection()
    mail = EmailMultiAlternatives(
        connection=connection,
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=[to],
        headers={"Message-ID": f"<{identifier}@{host}>"},
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    try:
        server: dict[str, str | int] = {"server.address": settings.EMAIL_HOST, "server.port": settings.EMAIL_PORT}
        with span("send mail", Kind.CLIENT, {**server, "ordergraph.mail.template": template}):
            mail.send()
    except OSError as error:  # SMTPException is one; its text quotes the address
        raise _outcome(error) from None
    finally:
        with suppress(OSError):  # Django leaves it open when signing in fails
            connection.close()


def _outcome(error: OSError) -> MailServerAway | MailRefused:
    """Only what is said of the recipient or of the mail itself is final: an error before that, a wrong password or a
    blocked sender, would be that of all mails."""
    match error:
        case SMTPRecipientsRefused(recipients=recipients):
            code, text = next(iter(recipients.values()))
        case SMTPDataError(smtp_code=code, smtp_error=text):
            pass
        case _:
            return MailServerAway(f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip())
    status = _STATUS.match(text)
    why = f"{code} {status[0].decode() if status else ''}".rstrip()
    blocked = code == 554 and status is None and isinstance(error, SMTPDataError)  # a suspended account, most likely
    if code in FINAL and not blocked and not _NOT_FINAL.match(text):
        return MailRefused(why)
    return MailServerAway(f"{type(error).__name__} {why}")
