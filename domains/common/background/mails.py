"""Mails: a text and an HTML part from two templates of one name."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from domains.common.data.transactions import assert_no_transaction


class MailRefused(Exception):
    """The mail server did not take the mail; the kind of its refusal, without the address."""


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
        mail.send()
    except SMTPException as error:  # its text quotes the address
        raise MailRefused(f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()) from None
