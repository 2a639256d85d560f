"""Promise: of any number of guesses at a password a few a minute are looked at, and the owner gets in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter

import pytest
from django.conf import settings

from domains.accounts.models import AuditEvent, User
from tests.domains.accounts.strangers import newcomer, time_passes
from tests.factories import PASSWORD
from tests.own_redis import OwnRedis
from tests.processes import Stack, wait_until
from tests.promises.burglars import guess, sign_in
from tests.promises.figures import figures, size

pytestmark = pytest.mark.django_db(transaction=True)

GUESSES = size(800, 10_400)
LIMIT = settings.LOGIN_FAILURES_PER_MINUTE
BURGLAR, HOME, HOTEL = "198.51.100.1", "198.51.100.2", "198.51.100.3"
MANY = [f"198.51.100.{number}" for number in range(100, 116)]


@pytest.fixture
def web(transactional_db: None, tmp_path: Path, own_redis: OwnRedis) -> Iterator[Stack]:
    """The web process, behind one proxy."""
    mails = tmp_path / "mails"
    mails.mkdir()
    with Stack(mails, TRUSTED_PROXIES="1") as stack:
        stack.start("web")
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


def outlast(own_redis: OwnRedis, owner: User) -> None:
    """A minute later."""
    own_redis.client.flushall()
    time_passes(60)


def test_guesses_from_one_address_are_looked_at_five_times_a_minute(
    web: Stack, owner: User, own_redis: OwnRedis
) -> None:
    started = perf_counter()
    told = guess(web.url, owner.email, GUESSES, addresses=[BURGLAR])
    allowed = most(LIMIT, since=started)
    assert looked_at(owner) == told["InvalidCredentialsError"] <= allowed
    assert set(told) == {"InvalidCredentialsError", "RateLimitedError"}
    assert sign_in(web.url, owner.email, PASSWORD, address=BURGLAR) == "RateLimitedError"
    assert sign_in(web.url, owner.email, PASSWORD, address=HOTEL) == "LoginSuccess"  # never seen before
    seconds, outcome = perf_counter() - started, looked_at(owner)
    figures("guesses_one_address", guesses=told.total(), looked_at=outcome, allowed=allowed, seconds=seconds)
    outlast(own_redis, owner)
    assert sign_in(web.url, owner.email, PASSWORD, address=BURGLAR) == "LoginSuccess"


def test_right_passwords_at_once_are_never_taken_for_guesses(web: Stack, owner: User) -> None:
    calls = size(36, 360)
    attempt = partial(sign_in, web.url, owner.email, PASSWORD, address=HOTEL)
    with ThreadPoolExecutor(2 * LIMIT) as pool:
        told = Counter(pool.map(lambda _: attempt(), range(calls)))
    assert told == {"LoginSuccess": calls}
    figures("right_at_once", signed_in=told.total(), at_once=2 * LIMIT)


def test_guesses_from_many_addresses_are_looked_at_ten_times_a_minute(
    web: Stack, owner: User, own_redis: OwnRedis
) -> None:
    started = perf_counter()
    told = guess(web.url, owner.email, GUESSES, addresses=MANY)
    allowed = most(2 * LIMIT, since=started)
    assert looked_at(owner) == told["InvalidCredentialsError"] <= allowed
    assert sign_in(web.url, owner.email, PASSWORD, address=HOME) == "LoginSuccess"
    assert sign_in(web.url, owner.email, PASSWORD, address=HOTEL) == "RateLimitedError"
    seconds, outcome = perf_counter() - started, looked_at(owner)
    figures("guesses_many_addresses", guesses=told.total(), looked_at=outcome, allowed=allowed, seconds=seconds)
    outlast(own_redis, owner)
    assert sign_in(web.url, owner.email, PASSWORD, address=HOTEL) == "LoginSuccess"


def test_losing_redis_meanwhile_gives_no_guess_more(web: Stack, owner: User, own_redis: OwnRedis) -> None:
    started = perf_counter()
    with ThreadPoolExecutor(1) as pool:
        attack = pool.submit(guess, web.url, owner.email, GUESSES, addresses=[BURGLAR])
        wait_until(lambda: looked_at(owner) or attack.done(), what="the first guess")
        losses = lose_again_and_again(own_redis, attack)
    told = attack.result()
    allowed = most(LIMIT, since=started)
    assert looked_at(owner) == told["InvalidCredentialsError"] <= allowed
    for lose in (own_redis.client.flushall, own_redis.kill):
        lose()
        assert sign_in(web.url, owner.email, PASSWORD, address=BURGLAR) == "RateLimitedError"
        assert sign_in(web.url, owner.email, PASSWORD, address=HOME) == "LoginSuccess"
    figures("guesses_without_redis", guesses=told.total(), looked_at=looked_at(owner), allowed=allowed, **losses)


def lose_again_and_again(own_redis: OwnRedis, attack: Future[Counter[str]]) -> Counter[str]:
    """Flush, kill and restart it while the attack goes on; here, as children are started from the main thread."""
    losses: Counter[str] = Counter()
    while not attack.done():
        own_redis.client.flushall()
        own_redis.kill()
        wait_until_more_is_tried(attack)
        own_redis.start()
        wait_until_more_is_tried(attack)
        losses.update(flushed=1, killed=1)
    return losses


def wait_until_more_is_tried(attack: Future[Counter[str]]) -> None:
    """Let it run on for a moment."""
    try:
        attack.exception(timeout=0.3)
    except TimeoutError:
        return
