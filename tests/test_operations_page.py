"""What `deploy/OPERATIONS.md` tells an operator to type is there, and so are the settings and places it names."""

from __future__ import annotations

import re
import runpy
import shlex

import pytest
from django.core.management import get_commands, load_command_class

from backend.dev.cli import OWN
from tests.commands import ROOT

PAGE = (ROOT / "deploy" / "OPERATIONS.md").read_text()
COMMANDS = sorted(set(re.findall(r"(?:manage\.py|\bordergraph) ([a-z_]+[^`#\n|]*)", PAGE)))
ROLES = {*runpy.run_path(str(ROOT / "deploy" / "ordergraph.py"))["ROLES"], "alive", "answers"}
# Where names in capitals come from: settings, states and codes of the API.
SOURCES = (".env.example", "docker-compose.yml", "Dockerfile", "schema/schema.graphql", "schema/docs/errors.md")
# Of the tests.
OTHERS = {"ORDERGRAPH_FULL", "ORDERGRAPH_PROVE"}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_takes_what_the_page_types(line: str) -> None:
    name, *arguments = shlex.split(line.rstrip(".,:;)"))
    if name in OWN or name in ROLES:
        return
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(arguments)


def test_a_setting_that_the_page_names_is_one() -> None:
    known = "".join((ROOT / source).read_text() for source in SOURCES)
    named = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b", PAGE))
    assert {name for name in named - OTHERS if not re.search(rf"\b{name}\b", known)} == set()


def test_every_link_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    places = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    places |= set(re.findall(r'id="([^"]+)"', PAGE))
    for path, place in re.findall(r"\]\((?!https:)([^)#\s]*)#?([^)\s]*)\)", PAGE):
        assert (ROOT / "deploy" / path).exists(), path
        assert path or place in places, place


def test_every_alert_has_its_place() -> None:
    rules = ROOT / "deploy" / "monitoring" / "rules.yml"
    places = re.findall(r"OPERATIONS\.md#([\w-]+)", rules.read_text())
    assert places
    assert {place for place in places if f'id="{place}"' not in PAGE} == set()
