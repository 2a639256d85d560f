"""The database that test databases are copies of: kept between runs, but not beyond its migrations."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection

from tests import template

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database() -> Iterator[str]:
    """The name of a test database; what was made for it is dropped afterwards."""
    name = f"kept_{uuid4().hex[:8]}"
    yield name
    for made in made_for(name):
        template.drop(made)


def made_for(database: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [database])
        return {name for (name,) in cursor.fetchall()}


def test_what_other_migrations_made_is_dropped_and_nothing_else(database: str) -> None:
    mine = template.choose(database)
    others = {f"{database}_gw0", f"{database}_2", mine}
    for name in (*others, f"{database}_{'0' * 12}"):
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 STRATEGY file_copy')
    assert template.choose(database) == mine
    assert made_for(database) == others
