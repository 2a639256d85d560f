"""Which media type an answer has."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.http import HttpResponse

from tests.schema.wire import GRAPHQL, JSON, body, code, get, post

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def kind(response: HttpResponse) -> str:
    name, charset = response.headers["Content-Type"].split("; ")
    assert charset == "charset=utf-8"
    return name


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (GRAPHQL.upper(), GRAPHQL),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.1, */*;q=0.9", JSON),
        (f"{JSON};q=0, {GRAPHQL};q=0.1", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{GRAPHQL};q=what, {JSON};q=0.1", JSON),
        (f"image/png, {JSON};charset=utf-8;q=0.2", JSON),
        (f"text/event-stream, {GRAPHQL};q=0.9", GRAPHQL),
    ],
)
def test_the_best_type_that_the_client_accepts_is_sent(accept: str, answered: str) -> None:
    response = post({"query": "{ __typename }"}, Accept=accept)
    assert response.status_code == 200
    assert kind(response) == answered


@pytest.mark.parametrize("accept", ["text/html", "image/*", f"{JSON};q=0", "*/*;q=0", "nonsense", "*/*;q=nan", ",;"])
def test_a_client_that_accepts_no_json_is_told_so_in_json(accept: str) -> None:
    response = post({"query": "{ __typename }"}, Accept=accept)
    assert (response.status_code, code(response), kind(response)) == (406, "BAD_REQUEST", JSON)


def test_answers_are_not_stored_and_differ_by_type_and_person() -> None:
    for response in (post({"query": "{ __typename }"}), post(b"")):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Vary"] == "Accept, Authorization"


def test_a_browser_gets_graphiql_where_it_is_on(settings: LazySettings) -> None:
    response = get({"Accept": BROWSER})
    assert response.status_code == 200
    assert kind(response) == "text/html"
    settings.GRAPHIQL = False
    assert (get({"Accept": BROWSER}).status_code, kind(get({"Accept": BROWSER}))) == (406, JSON)


@pytest.mark.parametrize("accept", [f"{JSON}, text/html;q=0.9", f"text/html;q=0.5, {GRAPHQL}"])
def test_a_program_that_likes_json_better_gets_json(accept: str) -> None:
    assert body(get({"Accept": accept}, query="{ __typename }")) == {"data": {"__typename": "Query"}}
