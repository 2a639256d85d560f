"""A connection that died between two requests is noticed without asking it, before anything is sent to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import close_old_connections, connection, connections

from backend.postgresql import base
from domains.common.data.transactions import short_transaction
from domains.products.models import Category
from tests.api import Api
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db(transaction=True)
CATEGORIES = "{ categories { name } }"
CREATE = 'mutation { createCategory(input: {name: "Lamps"}) { __typename } }'
CREATED = {"createCategory": {"__typename": "CreateCategorySuccess"}}


@pytest.fixture
def staff(staff: Api) -> Api:
    """Whose connection has answered something, and has to be looked at before the next request."""
    assert staff.data(CATEGORIES)
    close_old_connections()  # as before each request
    return staff


def kill() -> None:
    killer = connections.create_connection("default")
    with killer.cursor() as cursor:
        assert connection.connection
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    killer.close()


def test_a_query_and_a_mutation_after_it_died_are_served_and_nothing_happens_twice(staff: Api) -> None:
    kill()
    assert staff.data(CREATE) == CREATED
    close_old_connections()
    kill()
    assert staff.data(CATEGORIES) == {"categories": [{"name": "Lamps"}]}


def test_a_transaction_after_it_died_begins_on_another_one(staff: Api) -> None:
    kill()
    with short_transaction():
        CategoryFactory.create()
    assert Category.objects.count() == 1


def test_a_statement_that_died_while_it_ran_is_an_outage_and_is_not_sent_again(staff: Api) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
            CREATE TRIGGER leave BEFORE INSERT ON products_category FOR EACH ROW EXECUTE FUNCTION leave()"""
        )
        try:
            assert staff.code(CREATE) == "SERVICE_UNAVAILABLE"
        finally:
            close_old_connections()
            connection.cursor().execute("DROP FUNCTION leave CASCADE")
    assert not Category.objects.exists()


@pytest.mark.parametrize(("trusted", "asked"), [(60.0, False), (0.0, True)])
def test_it_is_asked_whether_it_lives_only_when_it_has_been_silent(
    staff: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trusted: float, asked: bool
) -> None:
    monkeypatch.setattr(base, "TRUSTED_SECONDS", trusted)
    assert connection.connection
    with (tmp_path / "trace").open("w") as trace:
        connection.connection.pgconn.trace(trace.fileno())
        assert staff.data(CATEGORIES) == {"categories": []}
        connection.connection.pgconn.untrace()
    answers = (tmp_path / "trace").read_text().count("ReadyForQuery")
    assert (answers > 2) is asked  # who asks, and the categories
