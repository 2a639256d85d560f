"""A session that somebody was told is over lets nobody in, a living one always does: whatever becomes of Redis."""

from __future__ import annotations

import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from domains.accounts import denials, services
from domains.accounts.jwt import read_access_token
from domains.accounts.models import AccessChange, Session, User
from domains.accounts.services.sessions import logout_everywhere
from domains.accounts.tokens import Tokens, viewer_of
from domains.common.errors import UnauthenticatedError
from domains.common.guard import redis
from domains.common.viewer import Viewer
from tests.api import sign_in
from tests.factories import StaffFactory, UserFactory
from tests.own_redis import OwnRedis
from tests.processes import free_port, running, wait_until
from tests.promises.shoppers import post

pytestmark = pytest.mark.django_db(transaction=True)

FLUSHES, ENDS, CALLS = 25, 30, 50
PROVEN_SECONDS = (denials.PROOF_MS + denials.TICKET_MS) / 1000
LOGOUT = """
import os, django
django.setup()
from domains.accounts import services
from domains.accounts.tokens import viewer_of
services.logout(viewer=viewer_of(os.environ["ACCESS_TOKEN"]))
"""


def admitted(tokens: Tokens) -> bool:
    try:
        return viewer_of(tokens.access_token).is_authenticated
    except UnauthenticatedError:
        return False


def is_remembered(tokens: Tokens) -> bool:
    with CaptureQueriesContext(connections["default"]) as queries:
        assert admitted(tokens)
    return not queries.captured_queries


def remembered(*everybody: Tokens) -> Viewer:
    """Redis answers for each of them; the first one's viewer."""
    for tokens in everybody:
        wait_until(partial(is_remembered, tokens), what="Redis answers for the session")
    return viewer_of(everybody[0].access_token)


def test_a_session_that_is_known_is_recognised_without_a_statement(
    customer: User, own_redis: OwnRedis, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tokens = sign_in(customer)
    viewer = remembered(tokens)
    assert (viewer.user_id, viewer.is_staff) == (customer.id, False)
    services.logout(viewer=viewer)
    assert not admitted(tokens)
    with django_assert_num_queries(0):
        assert not admitted(tokens)


def test_redis_that_stops_and_comes_back_empty_lets_in_the_living_and_nobody_else(
    customer: User, own_redis: OwnRedis
) -> None:
    living, over, late = (sign_in(customer) for _ in range(3))
    services.logout(viewer=remembered(over, living, late))
    assert (admitted(living), admitted(over)) == (True, False)
    own_redis.kill()
    services.logout(viewer=viewer_of(late.access_token))
    assert (admitted(living), admitted(over), admitted(late)) == (True, False, False)
    own_redis.start()
    assert (admitted(living), admitted(over), admitted(late)) == (True, False, False)
    remembered(living)
    assert (admitted(over), admitted(late)) == (False, False)


def test_flushes_in_mid_flight_let_in_the_living_and_nobody_else(customer: User, own_redis: OwnRedis) -> None:
    living, over = sign_in(customer), sign_in(customer)
    services.logout(viewer=remembered(over, living))
    done = threading.Event()

    def ask() -> set[tuple[bool, bool]]:
        answers = {(admitted(living), admitted(over))}
        while not done.is_set():
            answers.add((admitted(living), admitted(over)))
        connections.close_all()
        return answers

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        try:
            for _ in range(FLUSHES):
                own_redis.client.flushall()
                remembered(living)
        finally:
            done.set()
        assert {answer for each in asking for answer in each.result()} == {(True, False)}


def test_sessions_that_end_under_load_and_flushes_are_over_when_their_owner_is_told(own_redis: OwnRedis) -> None:
    everybody = [sign_in(UserFactory.create()) for _ in range(ENDS)]
    done, over = threading.Event(), list[Tokens]()

    def ask() -> list[Tokens]:
        """Those let in although they were over before they asked; all keep Redis busy learning meanwhile."""
        wrong = []
        while not done.is_set():
            before = len(over)
            wrong += [tokens for tokens in over[:before] if admitted(tokens)]
            for tokens in everybody:
                admitted(tokens)
        connections.close_all()
        return wrong

    with ThreadPoolExecutor(3) as threads:
        asking = [threads.submit(ask) for _ in range(3)]
        try:
            for number, tokens in enumerate(everybody):
                services.logout(viewer=viewer_of(tokens.access_token))
                over.append(tokens)
                if number % 5 == 0:
                    own_redis.client.flushall()
        finally:
            done.set()
        assert [wrong for each in asking for wrong in each.result()] == []
    assert not any(admitted(tokens) for tokens in everybody)


def test_a_session_that_ended_while_redis_was_silent_stays_over_when_it_speaks_again(
    customer: User, own_redis: OwnRedis
) -> None:
    living, over = sign_in(customer), sign_in(customer)
    viewer = remembered(over, living)
    with own_redis.paused():
        services.logout(viewer=viewer)
        assert (admitted(living), admitted(over)) == (True, False)
    assert (admitted(living), admitted(over)) == (True, False)
    remembered(living)
    assert not admitted(over)
    wait_until(lambda: not AccessChange.objects.exists(), what="the change was published")


def test_a_process_that_alone_cannot_reach_redis_ends_a_session_for_all(
    customer: User, own_redis: OwnRedis, tmp_path: Path
) -> None:
    living, over = sign_in(customer), sign_in(customer)
    remembered(over, living)
    with running(tmp_path / "mails") as stack:
        elsewhere = f"redis://127.0.0.1:{free_port()}/0"
        cut_off = stack.spawn([sys.executable, "-c", LOGOUT], ACCESS_TOKEN=over.access_token, REDIS_URL=elsewhere)
        wait_until(lambda: admitted(living) and cut_off.poll() is not None, what="the logout was answered")
    assert cut_off.returncode == 0
    assert (admitted(living), admitted(over)) == (True, False)


def test_what_a_process_left_that_died_after_its_commit_is_published_by_the_next(
    staff_member: User, own_redis: OwnRedis
) -> None:
    """So is what somebody changes in psql: a trigger notes it."""
    person = StaffFactory.create()
    over, demoted = sign_in(staff_member), sign_in(person)
    remembered(demoted, over)
    Session.objects.filter(user=staff_member).update(revoked_at=timezone.now())
    User.objects.filter(id=person.id).update(is_staff=False)
    wait_until(lambda: not admitted(over), what="nobody is let in", seconds=PROVEN_SECONDS + 1)
    wait_until(lambda: not viewer_of(demoted.access_token).is_staff, what="staff no longer", seconds=PROVEN_SECONDS + 1)


def test_who_asked_before_the_end_does_not_teach_redis_after_it(customer: User, own_redis: OwnRedis) -> None:
    over, other = sign_in(customer), sign_in(customer)
    remembered(other)
    claims = read_access_token(over.access_token)
    memory, standing = denials._recall(claims), denials._ask(claims)
    services.logout(viewer=viewer_of(over.access_token))
    denials._remember(claims, memory, standing)
    assert not admitted(over)


def test_a_redis_put_back_to_an_older_state_is_not_believed(customer: User, own_redis: OwnRedis) -> None:
    over = sign_in(customer)
    viewer = remembered(over)
    kept = [redis.key("access", name) for name in ("fence", viewer.session_id, viewer.user_id)]
    older = {key: own_redis.client.dump(key) for key in kept}
    services.logout(viewer=viewer)
    own_redis.client.flushall()  # the proof of the snapshot has expired
    for key, value in older.items():
        assert value
        own_redis.client.restore(key, 0, value)
    assert not admitted(over)
    remembered(sign_in(customer))
    assert not admitted(over)


def test_a_web_process_knows_at_once_what_another_ended_whatever_redis_goes_through(
    customer: User, own_redis: OwnRedis, tmp_path: Path
) -> None:
    living, over, *others = (sign_in(customer) for _ in range(5))
    viewer = remembered(over, living, *others)
    with running(tmp_path / "mails", "web") as web:

        def admits(tokens: Tokens) -> bool:
            answer = post(web.url, tokens.access_token, "{ me { email } }", {})
            assert "errors" not in answer or answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            return "errors" not in answer

        for disturb in (lambda: None, own_redis.client.flushall, own_redis.kill, own_redis.start):
            assert all(admits(tokens) for tokens in (living, *others))
            services.logout(viewer=viewer)
            disturb()
            assert (admits(living), admits(over)) == (True, False)
        assert logout_everywhere(viewer=viewer_of(living.access_token)) == 4
        assert not any(admits(tokens) for tokens in (living, *others))


def test_a_process_that_leaves_redis_alone_tells_nobody_of_an_end_before_redis_is_believed_no_more(
    customer: User, own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis itself is well, and others may believe it for as long as there is a proof."""
    monkeypatch.setattr(redis, "PAUSE_SECONDS", 600.0)
    over = sign_in(customer)
    viewer = remembered(over)
    with pytest.raises(redis.RedisError), redis.guarded():
        raise redis.RedisError
    assert own_redis.client.exists(redis.key("access", "proof"))
    services.logout(viewer=viewer)
    assert not own_redis.client.exists(redis.key("access", "proof"))
    assert AccessChange.objects.exists()


def test_memories_end_with_the_access_tokens_they_are_about(
    customer: User, own_redis: OwnRedis, settings: Settings
) -> None:
    remembered(sign_in(customer))
    lives = [redis.client().ttl(key) for key in redis.client().keys(redis.key("access", "*-*"))]
    assert len(lives) == 2
    assert all(0 < seconds <= settings.JWT_ACCESS_TOKEN_LIFETIME * 60 for seconds in lives)


def test_a_redis_that_never_answers_is_not_waited_for_by_each_request(
    customer: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = sign_in(customer)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        assert all(admitted(tokens) for _ in range(CALLS))
    assert caplog.text.count("Redis is away") < CALLS / 2
