"""Mails: a text and an HTML part from two templates of one name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from domains.common.background import outbox
from domains.common.data.transactions import assert_no_transaction
from domains.common.errors import RateLimitedError
from domains.common.guard.throttling import Budget, attempt
from domains.common.tracing import Kind, span

UNPROVEN_MAILS, UNPROVEN_PERIOD = 5, timedelta(hours=1)
QUEUE = "mail"
PATIENCE = timedelta(days=3)  # a mail server may be away for a weekend
LONGEST_PAUSE = timedelta(hours=1)


class MailRefused(Exception):
    """The mail server did not take the mail, or was not there; the kind of its refusal, without the address."""


def handler(topic: str) -> Callable[[outbox.Handler], outbox.Handler]:
    """As `outbox.handler`, for a topic whose work is to send a mail."""
    return outbox.handler(topic, queue=QUEUE, away=MailRefused, patience=PATIENCE, longest_pause=LONGEST_PAUSE)


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
        with attempt(successes=[Budget("mails to an unproven address", to, UNPROVEN_MAILS, UNPROVEN_PERIOD)]):
            yield
    except RateLimitedError as refusal:
        raise outbox.Postpone(timedelta(seconds=refusal.retry_after_seconds)) from refusal


def send(*, to: str, subject: str, template: str, context: dict[str, Any], identifier: str) -> None:
    """Send `template`.txt with `template`.html; never inside a transaction. Raises MailRefused.

    `identifier` makes the Message-ID: the same when a mail is sent again, so that mail programs merge the two.
    """
    assert_no_transaction()
    host = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">")
    mail = EmailMultiAlternatives(
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
        raise MailRefused(f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()) from None
