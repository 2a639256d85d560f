"""Promise: of any number of guesses at a password a few a minute are looked at, and the owner gets in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from django.conf import settings

from domains.accounts.models import AuditEvent, User
from tests.domains.accounts.strangers import newcomer, time_passes
from tests.factories import PASSWORD
from tests.own_redis import OwnRedis
from tests.processes import Stack, running
from tests.promises.burglars import Connection, guess, sign_in
from tests.promises.figures import figures, size

pytestmark = pytest.mark.django_db(transaction=True)

GUESSES = size(800, 10_400)
LIMIT = settings.LOGIN_FAILURES_PER_MINUTE
BURST = 32
BURGLAR, HOME, HOTEL = "198.51.100.1", "198.51.100.2", "198.51.100.3"
MANY = [f"198.51.100.{number}" for number in range(100, 116)]


@pytest.fixture(scope="module")
def web(folder: Path, own_redis: OwnRedis) -> Iterator[Stack]:
    """The web process, behind one proxy."""
    with running(folder / "mails", "web", TRUSTED_PROXIES="1") as stack:
        yield stack


@pytest.fixture
def owner(web: Stack) -> User:
    """Somebody who has signed in at home before."""
    owner = newcomer()
    assert sign_in(web.url, owner.email, PASSWORD, address=HOME) == "LoginSuccess"
    return owner


def looked_at(owner: User) -> int:
    """Wrong passwords that were compared: each leaves a row."""
    return AuditEvent.objects.filter(user=owner, type="SIGN_IN_FAILED").count()


def most(a_minute: int, *, since: float) -> int:
    """What may be looked at in the time that has passed: in any minute no more than that."""
    return a_minute * math.ceil((perf_counter() - since) / 60)


def test_guesses_from_one_address_are_looked_at_five_times_a_minute(web: Stack, owner: User) -> None:
    started = perf_counter()
    outcomes = guess(web.url, owner.email, GUESSES, addresses=[BURGLAR])
    allowed = most(LIMIT, since=started)
    assert looked_at(owner) == outcomes["InvalidCredentialsError"] <= allowed
    assert set(outcomes) == {"InvalidCredentialsError", "RateLimitedError"}
    assert sign_in(web.url, owner.email, PASSWORD, address=BURGLAR) == "RateLimitedError"
    assert sign_in(web.url, owner.email, PASSWORD, address=HOTEL) == "LoginSuccess"  # never seen before
    seconds, compared = perf_counter() - started, looked_at(owner)
    figures("guesses_one_address", guesses=outcomes.total(), looked_at=compared, allowed=allowed, seconds=seconds)
    time_passes(60)
    assert sign_in(web.url, owner.email, PASSWORD, address=BURGLAR) == "LoginSuccess"


def test_right_passwords_at_once_are_never_taken_for_guesses_and_others_are_answered(web: Stack, owner: User) -> None:
    """Half of them are one person's; the others have all the same address. A minute holds 60 sign-ins of a person."""
    signed_in = answered = 0
    for _ in range(size(1, 10)):
        people = [person for _ in range(BURST // 2) for person in (owner, newcomer())]
        with ThreadPoolExecutor(BURST) as pool:
            signing_in = [pool.submit(sign_in, web.url, who.email, PASSWORD, address=HOTEL) for who in people]
            others = ask_until_all_are_done(web.url, signing_in)
        assert Counter(each.result() for each in signing_in) == {"LoginSuccess": BURST}
        assert others > 1
        signed_in, answered = signed_in + BURST, answered + others
        time_passes(60)
    figures("right_at_once", signed_in=signed_in, at_once=BURST, others_answered=answered)


def ask_until_all_are_done(url: str, calls: Sequence[Future[str]]) -> int:
    """Plain queries, one after another; how many were answered."""
    answered = 0
    with closing(Connection(url, HOME)) as connection:
        while not all(call.done() for call in calls):
            assert connection.ask("{ categories { name } }") == {"categories": []}
            answered += 1
    return answered


def test_guesses_from_many_addresses_are_looked_at_ten_times_a_minute(web: Stack, owner: User) -> None:
    started = perf_counter()
    outcomes = guess(web.url, owner.email, GUESSES, addresses=MANY)
    allowed = most(2 * LIMIT, since=started)
    assert looked_at(owner) == outcomes["InvalidCredentialsError"] <= allowed
    assert sign_in(web.url, owner.email, PASSWORD, address=HOME) == "LoginSuccess"
    assert sign_in(web.url, owner.email, PASSWORD, address=HOTEL) == "RateLimitedError"
    seconds, compared = perf_counter() - started, looked_at(owner)
    figures("guesses_many_addresses", guesses=outcomes.total(), looked_at=compared, allowed=allowed, seconds=seconds)
    time_passes(60)
    assert sign_in(web.url, owner.email, PASSWORD, address=HOTEL) == "LoginSuccess"


def test_without_redis_there_is_no_guess_more(web: Stack, owner: User, own_redis: OwnRedis) -> None:
    started = perf_counter()
    with own_redis.away():
        outcomes = guess(web.url, owner.email, GUESSES, addresses=[BURGLAR])
        allowed = most(LIMIT, since=started)
        assert looked_at(owner) == outcomes["InvalidCredentialsError"] <= allowed
        assert sign_in(web.url, owner.email, PASSWORD, address=BURGLAR) == "RateLimitedError"
        assert sign_in(web.url, owner.email, PASSWORD, address=HOME) == "LoginSuccess"
    figures("guesses_without_redis", guesses=outcomes.total(), looked_at=looked_at(owner), allowed=allowed)
