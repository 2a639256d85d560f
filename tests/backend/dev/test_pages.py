"""Development's pages: for browsers, in development, and nothing of a mail leaves the host."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from pytest_django import Settings

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HTML = "<html><body><img src='https://example.com/seen.png'><a href='https://example.com/o/1'>Order</a></body></html>"


@pytest.fixture
def browser(settings: Settings, tmp_path: Path) -> Client:
    settings.DEMO, settings.EMAIL_FILE_PATH = True, str(tmp_path)
    return Client(headers=BROWSER)


def send(subject: str, folder: Path) -> None:
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    mail = EmailMultiAlternatives(
        subject, "See https://example.com/o/1 <b>", to=["a@example.com"], connection=connection
    )
    mail.attach_alternative(HTML, "text/html")
    mail.send()


def test_a_browser_is_led_to_everything_there_is(browser: Client) -> None:
    page = browser.get("/").content.decode()
    assert all(f"href='{address}'" in page for address in ("/graphql", "/mails", "/docs/clients.md"))
    assert "# Client guide" in browser.get("/docs/clients.md").content.decode()


def test_mails_are_read_newest_first(browser: Client, tmp_path: Path) -> None:
    assert "None has been sent yet" in browser.get("/mails").content.decode()
    send("First", tmp_path)
    send("Second <i>", tmp_path)
    page = browser.get("/mails").content.decode()
    assert 0 < page.index("Second &lt;i&gt;") < page.index("First")


def test_a_mail_can_be_read_and_its_links_followed_but_it_fetches_nothing(browser: Client, tmp_path: Path) -> None:
    send("Hello", tmp_path)
    (file,) = tmp_path.iterdir()
    answer = browser.get(f"/mails/{file.name}")
    page = answer.content.decode()
    assert '<a href="https://example.com/o/1" rel="nofollow">' in page
    assert "&lt;b&gt;" in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="' in page
    assert "<img" not in page
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "https:" not in policy
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("address", ["/", "/mails", "/docs/clients.md"])
def test_nobody_else_finds_them(browser: Client, settings: Settings, address: str) -> None:
    assert Client().get(address).status_code == 404
    settings.DEMO = False
    answer = browser.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json; charset=utf-8")


@pytest.mark.parametrize("name", ["..%2Fsecret.log", "secret.txt", "none.log"])
def test_no_other_file_is_shown(browser: Client, settings: Settings, tmp_path: Path, name: str) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path / "mails")
    for file in (tmp_path / "secret.log", tmp_path / "mails" / "secret.txt"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("Subject: secret\n\nsecret")
    assert browser.get(f"/mails/{name}").status_code == 404


@pytest.mark.django_db
def test_the_page_of_a_payment_knows_its_secret_from_the_link(browser: Client) -> None:
    answer = browser.get("/sandbox/payments", {"client_secret": 'pi_1_secret_"2'})
    assert 'value="pi_1_secret_&quot;2"' in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"
