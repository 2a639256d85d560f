"""The database that test databases are copies of: kept between runs, but not beyond its migrations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
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
    mine, old = template.choose(database), f"{database}_{'0' * 12}"
    others = {f"{database}_gw0", f"{database}_2"}
    for name in (*others, mine, old, f"{old}_unfinished"):
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 STRATEGY file_copy')
    assert template.choose(database) == mine
    assert made_for(database) == {*others, mine}
    assert template.choose(database, anew=True) == mine
    assert made_for(database) == others


def test_a_migration_that_is_added_changed_or_renamed_asks_for_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "ROOT", tmp_path)
    folder = tmp_path / "domains" / "reviews" / "migrations"
    folder.mkdir(parents=True)
    names = [template.choose("kept")]
    (folder / "0001_initial.py").write_text("operations = []")
    names.append(template.choose("kept"))
    (folder / "0001_initial.py").write_text("operations = [1]")
    names.append(template.choose("kept"))
    (folder / "0001_initial.py").rename(folder / "0001_first.py")
    names.append(template.choose("kept"))
    assert len(set(names)) == len(names)
    assert names[-1] == template.choose("kept")


def test_a_long_name_is_not_cut_off_by_the_database() -> None:
    assert len(f"{template.choose('x' * 63)}_unfinished") <= 63
