"""A new domain is a folder and a name in DOMAINS, as the README walks it, block by block, in a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.commands import ROOT, lint_imports, python

WALK = re.search(r"^## Add a domain$(.*?)^## ", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"# (\S+\.py)\n")
# Bytecode comes along: it fits sources of the same size and time. Not what another process is just writing.
IGNORED = shutil.ignore_patterns("node_modules", "dist", "*.pyc.*")
# What holds any domain to the rules of the house; and its own tests.
SUITE = [
    "tests/domains/reviews",
    "tests/domains/common/data/test_personal.py",
    "tests/schema/test_permissions.py",
    "tests/schema/test_who_gets_what.py",
    "tests/schema/test_nodes.py",
    "tests/schema/test_evolution.py",
    "tests/schema/test_conventions.py",
    "tests/schema/test_errors_page.py",
    # What these two say of the tools is true whatever domains there are.
    "-k",
    "not a_change_that_breaks_clients_is_told and not what_is_printed_is_written_and_a_stale_file_is_found",
]

# What `django-admin` does, for one command after the other: to start it takes longer than most of them.
IN_ONE_PROCESS = """
import sys
from django.core.management import execute_from_command_line
for command in sys.argv[1:]:
    execute_from_command_line(["manage.py", *command.split()])
"""


def blocks() -> list[tuple[str, str]]:
    """The walk's code blocks: language and text."""
    assert WALK
    return FENCE.findall(WALK[1])


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the README's domain."""
    folder = tmp_path_factory.mktemp("checkout")
    for room in ("backend", "schema", "domains", "tests"):
        shutil.copytree(ROOT / room, folder / room, ignore=IGNORED)
    for file in (".gitignore", "pyproject.toml", "README.md", "CHANGELOG.md", "manage.py"):
        shutil.copy(ROOT / file, folder)
    _git(folder, "init", "-q")
    _git(folder, "add", "-A")
    for language, text in blocks():
        if language == "python":
            _write(folder, text)
        elif language == "markdown":
            log = folder / "CHANGELOG.md"
            log.write_text(log.read_text().replace("### Schema\n", f"### Schema\n{text}", 1))
    return folder


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def _write(folder: Path, text: str) -> None:
    if named := NAME.match(text):
        path = folder / named[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text[named.end() :])
    else:
        _list(folder, text)


def _list(folder: Path, line: str) -> None:
    """The line that names the domains."""
    assert line.startswith("DOMAINS: ")
    listed = folder / "domains" / "__init__.py"
    listed.write_text(re.sub(r"^DOMAINS: .*\n", line, listed.read_text(), flags=re.MULTILINE))


@pytest.mark.usefixtures("django_db_modify_db_settings")  # its own database is a copy, too
def test_the_walk_of_the_readme_leads_to_a_domain_that_keeps_the_rules_of_the_house(checkout: Path) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "backend.settings.test", "TEST_DATABASE_NAME": f"walk_{uuid.uuid4().hex}"}
    environment |= {"PYTEST_XDIST_WORKER": "", "REDIS_PREFIX": f"{environment['TEST_DATABASE_NAME']}:"}
    for language, text in blocks():
        if not language:
            commands = text.replace("python3 manage.py ", "").splitlines()[:-1]
            done = python("-c", IN_ONE_PROCESS, *commands, folder=checkout, environment=environment)
            assert done.returncode == 0, done.stderr
    changed = _git(checkout, "diff", "--stat", "--", "domains", "backend", "tests", "pyproject.toml").splitlines()[:-1]
    assert [line.split()[0] for line in changed] == ["domains/__init__.py"]
    assert lint_imports(checkout).returncode == 0
    for check in (
        ("check", "domains/reviews", "tests/domains/reviews"),
        ("format", "--check", "--exclude", "migrations", "domains/reviews"),
    ):
        assert python("-m", "ruff", *check, folder=checkout).returncode == 0
    suite = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *SUITE, folder=checkout, environment=environment)
    assert suite.returncode == 0, suite.stdout


# Each contract, and an import that breaks it.
WRONG = {
    "A domain imports only those before it in DOMAINS": "domains.orders.models",
    "How it runs, how it speaks, what it does": "schema.negotiation",
    "Rules and models know nothing of GraphQL": "strawberry",
    "What serves the web loads no Celery": "celery",
    "Other domains use payments through its services": "domains.payments.gateway",
}


def test_an_import_in_the_wrong_direction_breaks_a_contract(checkout: Path) -> None:
    names, rules = checkout / "domains" / "__init__.py", checkout / "domains" / "reviews" / "services.py"
    kept = {path: path.read_text() for path in (names, rules)}
    line = next(text for language, text in blocks() if text.startswith("DOMAINS: "))
    _list(checkout, line.replace(', "reviews"', "").replace('"orders"', '"reviews", "orders"'))
    rules.write_text(kept[rules] + "\n\n" + "".join(f"import {module}\n" for module in WRONG.values()))
    linted = lint_imports(checkout)
    for path, text in kept.items():
        path.write_text(text)
    assert linted.returncode == 1
    broken = linted.stdout.partition("Broken contracts")[2]
    for contract, module in WRONG.items():
        assert f"{contract} BROKEN" in linted.stdout
        found = re.search(rf"^{re.escape(contract)}\n-+\n(.*?)(?=^-+$|\Z)", broken, re.MULTILINE | re.DOTALL)
        assert found
        assert re.search(rf"domains\.reviews\.services -> {re.escape(module)}\b", found[1]), found[1]
