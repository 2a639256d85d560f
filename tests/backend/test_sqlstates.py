"""What PostgreSQL says when it cannot serve: each SQLSTATE has one answer, and is met again only where that is safe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from domains.common.data import transactions
from tests.api import Api
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db(transaction=True)
CATEGORIES = "{ categories { name } }"
CREATE = 'mutation { createCategory(input: {name: "Lamps"}) { __typename } }'
# read_only_sql_transaction, disk_full, out_of_memory, too_many_connections, admin_shutdown, crash_shutdown,
# cannot_connect_now, connection_failure: a statement that met one is not sent again.
AWAY = ("25006", "53100", "53200", "53300", "57P01", "57P02", "57P03", "08006")
# serialization_failure, deadlock_detected, lock_not_available: nothing of the transaction is left, so it is run again.
RIVALS = ("40001", "40P01", "55P03")
TOO_SLOW = "57014"  # query_canceled
TOLD = ("SERVICE_UNAVAILABLE", "2")
FAIL = """
CREATE SEQUENCE attempt;
CREATE FUNCTION fail() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('attempt') > current_setting('fail.attempts')::int THEN RETURN true; END IF;
    RAISE EXCEPTION 'made up' USING ERRCODE = current_setting('fail.state');
END $$;
CREATE FUNCTION fail_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM fail(); RETURN NEW; END $$"""
WRITES = "CREATE TRIGGER fail BEFORE INSERT ON products_category FOR EACH ROW EXECUTE FUNCTION fail_write()"
READS = """ALTER TABLE products_category RENAME TO kept;
CREATE VIEW products_category AS SELECT * FROM kept WHERE fail()"""


def execute(sql: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    execute(FAIL)
    yield
    execute("DROP FUNCTION fail_write CASCADE; DROP FUNCTION fail CASCADE; DROP SEQUENCE attempt")
    transactions._met.clear()


def fail(state: str, attempts: int = 1_000) -> None:
    """Have the statements fail with it from now on, so often."""
    connection.close()  # that of a database that took no writes is not used again
    execute("SELECT setval('attempt', 1, false), set_config('fail.state', %s, false)", state)
    execute("SELECT set_config('fail.attempts', %s, false)", str(attempts))


def answer(api: Api, query: str) -> tuple[str, str | None]:
    """The code of its one error, and when to come back."""
    response = api.respond(query)
    (error,) = response.json()["errors"]
    return error["extensions"]["code"], response.headers.get("Retry-After")


def attempts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM attempt")
        return int(cursor.fetchall()[0][0])


def test_a_write_that_cannot_be_served_is_sent_once_and_told_to_come_back(staff: Api) -> None:
    execute(WRITES)
    for state in (*AWAY, TOO_SLOW):
        fail(state)
        assert (state, answer(staff, CREATE), attempts()) == (state, TOLD, 1)


def test_a_write_that_met_a_rival_is_run_again_until_the_rival_is_gone_or_it_is_told_to_come_back(staff: Api) -> None:
    execute(WRITES)
    for state in RIVALS:
        fail(state)
        assert (state, answer(staff, CREATE), attempts()) == (state, TOLD, transactions.ATTEMPTS)
    fail(RIVALS[0], attempts=transactions.ATTEMPTS - 1)
    assert staff.data(CREATE) == {"createCategory": {"__typename": "CreateCategorySuccess"}}


def test_a_read_that_cannot_be_served_is_told_to_come_back_and_one_that_took_too_long_to_ask_for_less(
    nobody: Api,
) -> None:
    CategoryFactory.create()
    execute(READS)
    try:
        for state in (*AWAY, "55P03"):
            fail(state)
            assert (state, answer(nobody, CATEGORIES), attempts()) == (state, TOLD, 1)
        fail(TOO_SLOW)
        assert answer(nobody, CATEGORIES) == ("QUERY_TOO_COMPLEX", None)
    finally:
        execute("DROP VIEW products_category; ALTER TABLE kept RENAME TO products_category")
