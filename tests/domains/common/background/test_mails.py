"""Which replies of a mail server end a mail, and which are waited out."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from domains.common.background import mails
from domains.common.background.mails import MailRefused, MailServerAway
from tests.mail_server import mail_server


def send() -> None:
    mails.send(
        to="ada@example.com", subject="Hello", template="accounts/password_change_notice", context={}, identifier="1"
    )


@pytest.mark.parametrize(
    ("phase", "reply", "why"),
    [
        ("rcpt", "550 no {}", "550"),
        ("rcpt", "550-5.1.1 {} is\r\n550 5.1.1 unknown", "550 5.1.1"),
        ("rcpt", "550 5.4.1 {}: access denied", "550 5.4.1"),
        ("rcpt", "551 5.1.6 moved", "551 5.1.6"),
        ("rcpt", "553 5.1.3 {}", "553 5.1.3"),
        ("rcpt", "556 5.1.10 takes no mail", "556 5.1.10"),
        ("data", "554 5.1.0 no valid recipients", "554 5.1.0"),
        ("content", "554 5.6.0 not such a text", "554 5.6.0"),
    ],
)
def test_what_is_said_of_the_recipient_or_the_mail_for_good_ends_this_mail(
    settings: Settings, phase: str, reply: str, why: str
) -> None:
    with mail_server(settings, **{phase: reply}), pytest.raises(MailRefused) as refused:
        send()
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("phase", "reply"),
    [
        ("connect", "554 5.7.1 you are on a list"),
        ("ehlo", "554 go away"),
        ("auth", "535 5.7.8 wrong password"),
        ("mail", "530 5.7.0 sign in first"),
        ("mail", "550 5.1.8 not from {}"),
        ("rcpt", "450 4.2.0 greylisted"),
        ("rcpt", "421 4.3.2 going down"),
        ("rcpt", "552 5.2.2 over quota"),
        ("rcpt", "550 5.2.2 mailbox full"),
        ("data", "550 5.4.5 daily limit exceeded"),
        ("content", "554 sending suspended for this account"),
        ("rcpt", "550 5.7.1 relaying denied"),
        ("rcpt", "554 5.7.1 client host blocked"),
        ("rcpt", "553 5.1.8 sender's domain not found"),
        ("rcpt", "501 5.1.3 syntax"),
        ("content", "451 4.7.1 come again"),
        ("content", "552 5.3.4 too big"),
    ],
)
def test_what_is_about_us_or_may_pass_is_waited_out(settings: Settings, phase: str, reply: str) -> None:
    if phase == "auth":
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "shop", "secret"
        replies = {"ehlo": "250-here\r\n250 AUTH PLAIN", phase: reply}
    else:
        replies = {phase: reply, "helo": "554 go away"}
    with mail_server(settings, **replies), pytest.raises(MailServerAway) as away:
        send()
    assert reply[:3] in str(away.value)
    assert "example.com" not in str(away.value)


def test_a_mail_is_taken(settings: Settings) -> None:
    with mail_server(settings) as heard:
        send()
    assert "rcpt to:<ada@example.com>" in heard
    assert "Subject: Hello" in heard


def test_a_server_that_is_not_there_is_waited_for(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 9
    with pytest.raises(MailServerAway, match="ConnectionRefusedError"):
        send()
