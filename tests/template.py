"""The migrated database that test databases are copies of: to migrate takes 3 s of a core, to copy 0.2 s.

TEST_TEMPLATE names it. The embedded server keeps it until a migration changes; a run on a given server drops it.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any

import environ
import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from backend.dev.services import connection_arguments
from backend.dev.state import ROOT

LONGEST = 63 - len("_0123456789ab_unfinished")  # PostgreSQL cuts a longer name off
_ENDING = "_[0-9a-f]{12}(_unfinished)?$"
_OTHERS = """SELECT datname FROM pg_database
    WHERE datname ~ %(ending)s AND regexp_replace(datname, %(ending)s, '') = %(mine)s AND datname <> %(name)s"""


def choose(database: str, *, anew: bool = False) -> str:
    """The name of the template of this test database; what other migrations left is dropped, with `anew` all of it."""
    mine = database[:LONGEST]
    name = f"{mine}_{_migrations()}"
    with _server() as server:
        found = server.execute(_OTHERS, {"ending": _ENDING, "mine": mine, "name": "" if anew else name})
        for (other,) in found.fetchall():
            _drop(server, other)
    return name


def make(template: str) -> None:
    """Make the database unless it is there; while another process makes it, wait."""
    with _server() as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            unfinished = f"{template}_unfinished"  # a run that is killed leaves no half of a template
            _migrate(unfinished)
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(template)))


def drop(template: str) -> None:
    """Drop the database if it is there."""
    with _server() as server:
        _drop(server, template)


def _drop(server: psycopg.Connection[Any], database: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _migrations() -> str:
    """A digest of ours by name and content, and of the packages that bring the others."""
    rooms = (ROOT / room for room in ("domains", "schema"))
    files = [path for room in rooms for path in room.glob("**/migrations/*.py")] + [*ROOT.glob("requirements*.lock")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _migrate(template: str) -> None:
    """As pytest-django makes a test database."""
    test, name = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
    own = dict(test)
    test.update(NAME=template, TEMPLATE=None)
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        test.update(own)
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


def _server() -> psycopg.Connection[Any]:
    config = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    return psycopg.connect(**connection_arguments(config), autocommit=True)
