"""Guessing passwords and asking for mails is bounded; owners get in."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from domains.accounts import throttling
from domains.accounts.models import AuditEvent, User
from domains.common.background.models import OutboxMessage
from domains.common.guard.bulkhead import PASSWORDS
from domains.common.guard.models import Attempt
from tests.api import Api
from tests.domains.accounts.strangers import (
    enter,
    guess,
    new_address,
    new_email,
    newcomer,
    sign_in,
    time_passes,
)
from tests.domains.common.together import together
from tests.factories import PASSWORD
from tests.processes import free_port

pytestmark = pytest.mark.django_db

ACCOUNT = {"password": "a kettle of quiet fish", "name": "Ada"}


def register(email: str, address: str) -> str:
    """How it ends."""
    outcome: str = Api(address=address).call("register", "user { id }", **ACCOUNT, email=email)["__typename"]
    return outcome


def test_the_sixth_guess_in_a_minute_is_refused_and_told_how_long_to_wait(owner: User, here: str) -> None:
    assert guess(owner, address=here, times=5) == "InvalidCredentialsError"
    query = """mutation ($input: LoginInput!) { login(input: $input) { ... on RateLimitedError {
        code message path retryAfterSeconds } } }"""
    refused = Api(address=here).data(query, {"input": {"email": owner.email, "password": "not this"}})["login"]
    wait = refused.pop("retryAfterSeconds")
    assert 1 <= wait <= 60
    assert refused == {"code": "RATE_LIMITED", "message": f"Too many attempts; try again in {wait} s", "path": []}


def test_the_right_password_is_not_looked_at_while_its_sender_is_throttled(owner: User, here: str) -> None:
    guess(owner, address=here, times=5)
    failures = AuditEvent.objects.count()
    assert enter(owner, address=here) == guess(owner, address=here) == "RateLimitedError"
    assert AuditEvent.objects.count() == failures


def test_an_unknown_email_is_throttled_as_a_known_one(owner: User, here: str) -> None:
    stranger = User(email=new_email())
    for person in (owner, stranger):
        assert guess(person, address=here, times=5) == "InvalidCredentialsError"
        assert guess(person, address=here) == "RateLimitedError"


def test_the_owner_gets_in_from_elsewhere_meanwhile(owner: User, here: str) -> None:
    assert guess(owner, address=here, times=6) == "RateLimitedError"
    assert enter(owner, address=new_address()) == "LoginSuccess"


def test_success_does_not_count_and_forgets_the_failures_before_it(owner: User, here: str) -> None:
    for _ in range(3):
        assert guess(owner, address=here, times=4) == "InvalidCredentialsError"
        assert enter(owner, address=here) == "LoginSuccess"
    assert [enter(owner, address=here) for _ in range(8)] == ["LoginSuccess"] * 8


@pytest.mark.django_db(transaction=True)
def test_more_right_passwords_at_once_than_failures_are_allowed_all_get_in(owner: User, here: str) -> None:
    assert together(*[partial(enter, owner, address=here)] * 8) == ["LoginSuccess"] * 8
    assert guess(owner, address=here, times=5) == "InvalidCredentialsError"


@pytest.mark.django_db(transaction=True)
def test_as_many_people_as_have_a_thread_register_at_once_from_one_address(here: str) -> None:
    outcomes = together(*(partial(register, new_email(), here) for _ in range(PASSWORDS.threads)))
    assert outcomes == ["RegisterSuccess"] * PASSWORDS.threads


def test_right_passwords_have_a_budget_of_their_own(
    owner: User, here: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(throttling, "SIGN_INS", 1)
    assert [enter(owner, address=new_address()) for _ in range(2)] == ["LoginSuccess", "RateLimitedError"]
    people = [newcomer() for _ in range(12)]
    assert [enter(person, address=here) for person in people[:11]] == ["LoginSuccess"] * 10 + ["RateLimitedError"]
    settings.BUDGET_TRUSTED_ADDRESSES = [ip_network(f"{here}/64", strict=False)]
    assert enter(people[11], address=here) == "LoginSuccess"
    time_passes(61)
    assert enter(owner, address=new_address()) == "LoginSuccess"


def test_a_refused_guess_does_not_lengthen_the_wait(owner: User, here: str) -> None:
    guess(owner, address=here, times=5)
    time_passes(30)
    assert guess(owner, address=here, times=10) == "RateLimitedError"
    time_passes(31)
    assert enter(owner, address=here) == "LoginSuccess"


def test_an_email_has_twice_as_many_guesses_from_all_addresses_together(owner: User) -> None:
    assert guess(owner, address=new_address(), times=5) == "InvalidCredentialsError"
    assert guess(owner, address=new_address(), times=5) == "InvalidCredentialsError"
    assert guess(owner, address=new_address()) == "RateLimitedError"


def test_an_address_has_ten_times_as_many_guesses_at_all_emails_together(here: str, settings: Settings) -> None:
    settings.LOGIN_FAILURES_PER_MINUTE = 1
    for _ in range(10):
        assert guess(newcomer(), address=here) == "InvalidCredentialsError"
    assert guess(newcomer(), address=here) == "RateLimitedError"


def test_addresses_of_one_ipv6_network_are_one(owner: User, here: str) -> None:
    addresses = [here.replace("::1", f"::{number}") for number in range(2, 7)]
    assert [guess(owner, address=address) for address in addresses] == ["InvalidCredentialsError"] * 5
    assert guess(owner, address=here) == "RateLimitedError"


@pytest.mark.parametrize("spelling", ["{}", "  {}", "{}\n"])
def test_spelling_an_email_otherwise_gives_no_more_guesses(owner: User, here: str, spelling: str) -> None:
    guess(owner, address=here, times=5)
    outcome = sign_in(spelling.format(owner.email.upper()), "not this one", address=here)
    assert outcome["__typename"] == "RateLimitedError"


def test_each_alias_of_a_document_is_a_guess_and_fragments_hide_none(owner: User, here: str) -> None:
    fields = " ".join(f"a{number}: login(input: $input) {{ __typename }}" for number in range(20))
    fragments = f"fragment A on Mutation {{ ...B }} fragment B on Mutation {{ {fields} }}"
    document = f"mutation ($input: LoginInput!) {{ ...A ...A }} {fragments}"
    answers = Api(address=here).data(document, {"input": {"email": owner.email, "password": "not this one"}})
    outcome = [answer["__typename"] for answer in answers.values()]
    assert outcome == ["InvalidCredentialsError"] * 5 + ["RateLimitedError"] * 15
    assert AuditEvent.objects.filter(type="SIGN_IN_FAILED").count() == 5


def test_it_is_throttled_without_redis(owner: User, here: str, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert enter(owner, address=here) == "LoginSuccess"
    assert guess(owner, address=here, times=5) == "InvalidCredentialsError"
    assert guess(owner, address=here) == enter(owner, address=here) == "RateLimitedError"


def test_no_row_tells_an_email_or_an_address(owner: User, here: str) -> None:
    guess(owner, address=here, times=6)
    keys = " ".join(Attempt.objects.values_list("key", flat=True))
    assert owner.email not in keys
    assert here not in keys


def test_trying_whether_accounts_exist_is_throttled_and_registering_is_not(owner: User, here: str) -> None:
    assert {register(new_email(), here) for _ in range(12)} == {"RegisterSuccess"}
    assert [register(owner.email, here) for _ in range(10)] == ["EmailTakenError"] * 10
    assert register(owner.email, here) == register(new_email(), here) == "RateLimitedError"


def test_an_address_causes_so_many_mails_by_registering_and_no_account_is_half_made(
    owner: User, here: str, settings: Settings
) -> None:
    settings.MAILS_PER_ADDRESS = 3
    assert register(owner.email, here) == "EmailTakenError"  # mails nobody
    assert [register(new_email(), here) for _ in range(3)] == ["RegisterSuccess"] * 3
    assert register(new_email(), here) == register(owner.email, here) == "RateLimitedError"
    assert (User.objects.count(), OutboxMessage.objects.count()) == (4, 3)
    outcome = Api(address=here).call("requestPasswordReset", "email", email=owner.email)
    assert outcome["__typename"] == "RateLimitedError"
    time_passes(15 * 60)
    assert register(new_email(), here) == "RegisterSuccess"


@pytest.mark.parametrize("known", [True, False])
def test_five_mails_for_a_new_password_go_out_in_a_quarter_of_an_hour(owner: User, here: str, known: bool) -> None:
    email = owner.email if known else new_email()

    def ask() -> str:
        outcome: str = Api(address=here).call("requestPasswordReset", "email", email=email)["__typename"]
        return outcome

    assert [ask() for _ in range(5)] == ["RequestPasswordResetSuccess"] * 5
    assert ask() == "RateLimitedError"
    assert OutboxMessage.objects.count() == 5
    time_passes(14 * 60)
    assert ask() == "RateLimitedError"
    time_passes(61)
    assert ask() == "RequestPasswordResetSuccess"


def test_mails_that_verify_an_address_are_as_few(owner: User, here: str) -> None:
    api = Api(owner, address=here)
    query = "mutation { requestEmailVerification { __typename } }"
    outcome = [api.data(query)["requestEmailVerification"]["__typename"] for _ in range(6)]
    assert outcome == ["RequestEmailVerificationSuccess"] * 5 + ["RateLimitedError"]


def test_a_stolen_access_token_does_not_let_guess_the_password(owner: User, here: str) -> None:
    api = Api(owner, address=here)
    wrong = {"currentPassword": "not this one"}
    for _ in range(2):
        assert api.call("deactivateAccount", "user { id }", **wrong)["__typename"] == "InvalidCredentialsError"
        outcome = api.call("changePassword", "user { id }", newPassword="a kettle of quiet fish", **wrong)
        assert outcome["__typename"] == "InvalidCredentialsError"
    outcome = api.call("updateProfile", "user { id }", email=new_email(), **wrong)
    assert outcome["__typename"] == "InvalidCredentialsError"
    right = {"currentPassword": PASSWORD}
    assert api.call("deactivateAccount", "user { id }", **right)["__typename"] == "RateLimitedError"
    outcome = api.call("changePassword", "user { id }", newPassword="a kettle of quiet fish", **right)
    assert outcome["__typename"] == "RateLimitedError"


def test_a_result_without_such_a_member_is_refused_at_the_top_with_a_retry_after_header(owner: User, here: str) -> None:
    api = Api(owner, address=here)
    for _ in range(5):
        api.call("updateProfile", "user { id }", email=new_email(), currentPassword="not this one")
    query = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }"
    response = api.respond(query, {"input": {"email": new_email(), "currentPassword": PASSWORD}})
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= error["extensions"]["retryAfterSeconds"] <= 60
    assert response.headers["Retry-After"] == str(error["extensions"]["retryAfterSeconds"])
