"""How a client meets its budget over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from tests.api import Api
from tests.budgets import small_budget
from tests.schema.wire import GRAPHQL, JSON

pytestmark = pytest.mark.django_db
QUERY = "{ products(first: 40) { nodes { id } } }"


@pytest.fixture(autouse=True)
def thousand(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    small_budget(1_000, settings, monkeypatch)


def throttle(response: Any) -> dict[str, int]:
    told: dict[str, int] = response.json()["extensions"]["throttle"]
    return told


def test_every_answer_tells_what_it_cost_and_what_is_left(api: Api) -> None:
    response = api.respond(QUERY)
    told = throttle(response)
    assert told.keys() == {"cost", "currentlyAvailable", "maximumAvailable", "restoreRate"}
    assert told["currentlyAvailable"] == told["maximumAvailable"] - told["cost"] == 1_000 - told["cost"]
    assert response.headers["RateLimit-Policy"] == '"cost";q=1000;w=100000;qu="cost"'
    assert response.headers["RateLimit"] == f'"cost";r={told["currentlyAvailable"]};t={told["cost"] * 100}'


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 429)])
def test_a_used_up_budget_is_refused_with_the_seconds_to_wait(api: Api, accept: str, status: int) -> None:
    while not (refused := api.respond(QUERY, Accept=accept)).json().get("errors"):
        assert refused.status_code == 200
    answer = refused.json()
    assert (refused.status_code, "data" in answer) == (status, False)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= error["extensions"]["retryAfterSeconds"] <= 100_000
    assert refused.headers["Retry-After"] == str(error["extensions"]["retryAfterSeconds"])
    assert throttle(refused)["currentlyAvailable"] < throttle(refused)["cost"]


def test_an_account_that_used_its_budget_up_takes_nothing_from_others(api: Api, staff: Api, nobody: Api) -> None:
    while not api.post(QUERY).get("errors"):
        pass
    assert staff.data(QUERY)
    assert nobody.data(QUERY)
