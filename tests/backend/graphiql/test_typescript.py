"""The page's TypeScript: strictly typed, its logic (sessions, streams, what is kept) tested by Node's test runner."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.tools.graphiql import build
from tests.tools.graphiql.node import Node, find_node, run_tool

logger = logging.getLogger(__name__)
LIMIT_SECONDS = 300


@pytest.fixture
def node() -> Iterator[Node]:
    """The project and its packages are in the folder where the page is built, and nobody builds it meanwhile."""
    with build.alone(logger.info):
        node = find_node()
        build.prepare(node, logger.info)
        yield node


def run(node: Node, *command: str) -> None:
    done = run_tool(command, timeout=LIMIT_SECONDS, cwd=build.WORK, env=node.environment)
    assert done.returncode == 0, done.stdout


def test_the_typescript_is_strictly_typed_and_keeps_its_promises(node: Node) -> None:
    files = build.digest(build.WORK, (*build.SOURCES, build.TESTS))
    mark = build.PACKAGES / f"{files[:16]}.checked"
    if not mark.exists():  # the compiler says the same of the same files, and takes 7 s of a core to say it
        run(node, *node.npm, "run", "check")
        mark.touch()
    run(node, *node.npm, "run", "test")
