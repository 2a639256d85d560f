"""Statements that are prepared: in the connection and transaction of all others, and counted like them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import close_old_connections, connection, connections, transaction
from django.db.utils import ProgrammingError
from pytest_django import DjangoAssertNumQueries

from domains.accounts.models import User
from domains.common.data.prepared import fetch_one
from tests.backend.test_production_settings import load

NAME = "SELECT name FROM accounts_user WHERE id = %s"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT %% + 1'"
NEW = "new"


@pytest.fixture
def new(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The alias of another connection to the database, made as this value of DATABASE_PREPARED says."""
    settings = load(monkeypatch, "test", DATABASE_PREPARED=request.param)
    made = connections[NEW] = connection.copy(NEW)
    made.settings_dict["OPTIONS"] = settings.DATABASES["default"]["OPTIONS"]
    yield NEW
    made.close()
    del connections[NEW]


@pytest.mark.django_db
@pytest.mark.parametrize(("new", "prepared"), [("True", 1), ("False", 0)], indirect=["new"])
def test_a_statement_is_prepared_once_a_connection_unless_the_setting_says_no(new: str, prepared: int) -> None:
    assert fetch_one("SELECT %s + 1", 1, using=new) == (2,)
    assert fetch_one("SELECT %s + 1", 2, using=new) == (3,)
    assert fetch_one("SELECT %s WHERE false", 1, using=new) is None
    assert fetch_one(PREPARED, using=new) == (prepared,)


@pytest.mark.django_db(transaction=True)
def test_it_sees_what_its_transaction_wrote_and_goes_with_it(customer: User) -> None:
    with transaction.atomic():
        User.objects.filter(id=customer.id).update(name="Grace")
        assert fetch_one(NAME, customer.id) == ("Grace",)
        transaction.set_rollback(True)
    assert fetch_one(NAME, customer.id) == (customer.name,)


def test_it_is_counted(customer: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        assert fetch_one(NAME, customer.id) == fetch_one(NAME, customer.id)


@pytest.mark.django_db(transaction=True)
def test_it_fails_as_any_other_statement_and_works_again() -> None:
    with pytest.raises(ProgrammingError):
        fetch_one("SELECT nonsense")
    with transaction.atomic(), pytest.raises(ProgrammingError):
        fetch_one("SELECT nonsense")
    assert fetch_one("SELECT %s::int", 1) == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_between_requests_is_made_again(customer: User) -> None:
    assert fetch_one(NAME, customer.id)
    killer = connections.create_connection("default")
    with killer.cursor() as cursor:
        assert connection.connection
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    killer.close()
    close_old_connections()  # as before each request
    assert fetch_one(NAME, customer.id) == (customer.name,)
