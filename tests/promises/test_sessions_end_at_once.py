"""Promise: a session that somebody was told is over lets nobody in, a living one always does.

It ends at one process and is refused by all, whatever becomes of Redis.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from domains.accounts import links
from domains.accounts.jwt import read_access_token
from domains.accounts.models import Session, User
from domains.accounts.services import demote_staff, logout
from domains.accounts.tokens import Tokens, viewer_of
from tests.api import Api, gid, sign_in
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import PASSWORD, ProductFactory, StaffFactory, UserFactory
from tests.own_redis import OwnRedis
from tests.processes import Stack, running
from tests.promises.followers import Follower
from tests.promises.shoppers import post

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

NEW_PASSWORD = "Saffron-Kettle-42"
SESSIONS = 30
ME = "{ me { email } }"
OVER = {"UNAUTHENTICATED"}


@pytest.fixture(scope="module")
def web(own_redis: OwnRedis, folder: Path) -> Iterator[Stack]:
    with running(folder / "mails", "web", STREAM_CHECK_SECONDS="0.2") as stack:
        yield stack


def change(web: Stack, mutation: str, tokens: Tokens, **fields: str) -> None:
    """Call it with these fields of its input; it succeeds."""
    name = f"{mutation[0].upper()}{mutation[1:]}"
    query = f"mutation {{ {mutation} {{ __typename }} }}"
    if fields:
        query = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename }} }}"
    answer = post(web.url, tokens.access_token, query, {"input": fields})
    assert answer["data"][mutation]["__typename"].endswith("Success"), answer


def revoke(web: Stack, user: User, over: Tokens) -> None:
    session = Session.objects.get(id=read_access_token(over.access_token).session_id)
    change(web, "revokeSession", sign_in(user), sessionId=gid(session))


def reset(web: Stack, user: User, over: Tokens) -> None:
    token = links.link(links.PASSWORD_RESET, user).partition("#token=")[2]
    change(web, "resetPassword", over, token=token, newPassword=NEW_PASSWORD)


ENDS: dict[str, Callable[[Stack, User, Tokens], object]] = {
    "logout": lambda web, user, over: change(web, "logout", over),
    "logout everywhere": lambda web, user, over: change(web, "logoutEverywhere", sign_in(user)),
    "revoked elsewhere": revoke,
    "password changed": lambda web, user, over: change(
        web, "changePassword", sign_in(user), currentPassword=PASSWORD, newPassword=NEW_PASSWORD
    ),
    "password reset": reset,
    "account closed": lambda web, user, over: change(web, "deactivateAccount", sign_in(user), currentPassword=PASSWORD),
    "demoted": lambda web, user, over: demote_staff(email=user.email),
}
STATES = 4  # of `whatever`


def whatever(redis: OwnRedis) -> Iterator[str]:
    """What becomes of it, one after the other."""
    yield "well"
    redis.client.flushall()
    yield "emptied"
    with redis.paused():
        yield "silent"
    with redis.away():
        yield "killed"


def refusals(web: Stack, tokens: Tokens) -> set[str | None]:
    """How the web process and this one refuse a token: the codes; None where it is good."""
    answer = post(web.url, tokens.access_token, ME, {})
    mine = Api(token=tokens.access_token).post(ME)
    return {each["errors"][0]["extensions"]["code"] if "errors" in each else None for each in (answer, mine)}


def test_a_session_is_over_everywhere_when_its_end_is_answered_whatever_becomes_of_redis(
    web: Stack, own_redis: OwnRedis, customer: User
) -> None:
    living = sign_in(customer)
    everybody = [{name: StaffFactory.create() for name in ENDS} for _ in range(STATES)]
    sessions = [{name: sign_in(user) for name, user in people.items()} for people in everybody]
    for tokens in (tokens for ending in sessions for tokens in ending.values()):
        assert refusals(web, tokens) == {None}
    for state, people, ending in zip(whatever(own_redis), everybody, sessions, strict=True):
        for name, end in ENDS.items():
            end(web, people[name], ending[name])
            assert (refusals(web, ending[name]), refusals(web, living)) == (OVER, {None}), (name, state)


def test_sessions_that_end_while_everybody_asks_are_over_when_their_owner_is_told(web: Stack) -> None:
    everybody = [sign_in(UserFactory.create()) for _ in range(SESSIONS)]
    done, over = threading.Event(), list[Tokens]()

    def ask() -> set[str | None]:
        """How those were refused that were over before they asked."""
        answers: set[str | None] = set()
        while not done.is_set():
            ended = len(over)
            for number, tokens in enumerate(everybody):
                answer = refusals(web, tokens)
                answers |= answer if number < ended else set()
        connections.close_all()
        return answers

    with ThreadPoolExecutor(3) as threads:
        asking = [threads.submit(ask) for _ in range(3)]
        try:
            for tokens in everybody:
                change(web, "logout", tokens)
                over.append(tokens)
        finally:
            done.set()
        assert set().union(*(each.result() for each in asking)) <= OVER
    assert set().union(*(refusals(web, tokens) for tokens in everybody)) == OVER


def test_a_stream_ends_with_its_session_while_redis_is_away(
    web: Stack, own_redis: OwnRedis, api: Api, customer: User
) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    over = sign_in(customer)
    with Follower(web.port, over.access_token, gid(the_order())) as follower:
        assert follower.hears("CONFIRMED")
        with own_redis.away():
            logout(viewer=viewer_of(over.access_token))
            assert follower.hears("UNAUTHENTICATED")
            assert follower.hears_the_end()


def test_neither_ending_a_session_nor_asking_for_one_waits_for_redis(customer: User, settings: Settings) -> None:
    """Only what callers may have executed is asked of it, and once: then it is left alone for a moment."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        here, there = Api(customer), Api(customer)
        here.data("mutation { logout { __typename } }")
        there.data("mutation { logoutEverywhere { __typename } }")
        assert [who.code(ME) for who in (here, there)] == [*OVER, *OVER]
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
