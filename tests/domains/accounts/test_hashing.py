"""Hashing takes turns: it never has all cores or all web threads."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from functools import partial

import pytest
from django.conf import settings

from domains.accounts import hashing
from domains.accounts.models import User
from domains.common.errors import ServiceUnavailableError
from domains.common.guard.bulkhead import PASSWORDS
from tests.api import Api
from tests.domains.common.refusals import refusal
from tests.domains.common.together import together
from tests.factories import PASSWORD

LOGIN = """mutation ($email: String!, $password: String!) {
    login(input: {email: $email, password: $password}) { __typename } }"""


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever hashes now has the only thread of the bulkhead."""
    monkeypatch.setattr(PASSWORDS, "_free", threading.BoundedSemaphore(1))


@pytest.mark.django_db
def test_a_login_too_many_is_told_to_come_again_and_all_else_is_answered(one_thread: None, customer: User) -> None:
    variables = {"email": customer.email, "password": PASSWORD}
    with hashing.turn():
        assert Api().code(LOGIN, variables) == "SERVICE_UNAVAILABLE"
        assert Api().data("{ categories { name } }") == {"categories": []}
    assert Api().data(LOGIN, variables)["login"] == {"__typename": "LoginSuccess"}


@pytest.mark.django_db
def test_an_attempt_that_was_not_looked_at_is_no_failed_one(one_thread: None, customer: User) -> None:
    with hashing.turn():
        for _ in range(settings.LOGIN_FAILURES_PER_MINUTE + 1):
            assert Api().code(LOGIN, {"email": customer.email, "password": PASSWORD}) == "SERVICE_UNAVAILABLE"
    refusal(Api(), "login", "InvalidCredentialsError", email=customer.email, password="wrong")


def test_waiting_for_a_turn_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_hashes", threading.BoundedSemaphore(1))
    monkeypatch.setattr(hashing, "PATIENCE", 0.01)
    with hashing.turn(), pytest.raises(ServiceUnavailableError):
        hashing.matches(PASSWORD, None)
    assert not hashing.matches(PASSWORD, None)


def test_some_threads_and_some_cores_are_left_for_others() -> None:
    assert PASSWORDS.threads < settings.WEB_THREADS
    cores = os.cpu_count() or 1
    assert cores > hashing.HASHES or hashing.HASHES == cores == 1


def test_no_more_hashes_run_at_once_than_leave_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "PATIENCE", 0.01)
    with ExitStack() as turns:
        for _ in range(hashing.HASHES):
            turns.enter_context(hashing.turn())
        with pytest.raises(ServiceUnavailableError):
            hashing.make(PASSWORD)


def test_no_more_hashes_run_or_wait_than_leave_a_thread() -> None:
    with ExitStack() as held:
        for _ in range(PASSWORDS.threads):
            held.enter_context(PASSWORDS.enter())
        with pytest.raises(ServiceUnavailableError):
            hashing.make(PASSWORD)


def test_those_who_wait_get_their_turn() -> None:
    encoded = hashing.make(PASSWORD)
    guesses = [PASSWORD, "wrong"] * (PASSWORDS.threads // 2)
    answers = together(*(partial(hashing.matches, guess, encoded) for guess in guesses))
    assert answers == [guess == PASSWORD for guess in guesses]


def test_a_turn_is_given_back_when_the_work_fails() -> None:
    for _ in range(PASSWORDS.threads + 1):
        with pytest.raises(ZeroDivisionError), hashing.turn():
            raise ZeroDivisionError
    assert hashing.matches(PASSWORD, hashing.make(PASSWORD))


def test_nobodys_password_matches_nothing() -> None:
    assert not hashing.matches("nobody has this password", None)
