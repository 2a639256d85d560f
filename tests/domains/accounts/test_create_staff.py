"""`create_staff` makes the first account that may change the catalogue."""

from __future__ import annotations

import getpass
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from domains.accounts.models import User
from tests.api import Api
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SECRET = "Saffron-Kettle-42"


def test_the_new_person_signs_in_as_staff(nobody: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", SECRET)
    out = StringIO()
    call_command("create_staff", "Sam@Example.com", "--name", "Sam", stdout=out)
    assert out.getvalue() == "sam@example.com may now sign in as staff.\n"
    answer = nobody.call("login", "user { name isStaff emailVerified }", email="sam@example.com", password=SECRET)
    assert answer["user"] == {"name": "Sam", "isStaff": True, "emailVerified": True}


def test_the_password_is_asked_for_when_no_variable_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAFF_PASSWORD", raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: SECRET)
    call_command("create_staff", "sam@example.com", stdout=StringIO())
    assert User.objects.get().is_staff


def test_every_broken_rule_is_told_and_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", "1234")
    with pytest.raises(CommandError, match="email: This is not an e-mail address") as refused:
        call_command("create_staff", "sam")
    assert "password: This password is too short" in str(refused.value)
    assert not User.objects.exists()


def test_a_taken_email_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", SECRET)
    UserFactory.create(email="sam@example.com")
    with pytest.raises(CommandError, match="An account with this e-mail exists"):
        call_command("create_staff", "SAM@example.com")
    assert not User.objects.get().is_staff
