"""The token engine has traps: one module imports it and keeps them away from all others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ENGINES = {"graphql_jwt", "jwt", "graphene", "graphene_django"}


def imported(source: Path) -> Iterator[str]:
    """The first names of the absolute imports anywhere in a file."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_only_one_module_imports_the_token_engine() -> None:
    sources = [path for folder in ("backend", "schema", "domains") for path in (ROOT / folder).rglob("*.py")]
    own = [path for path in sources if "node_modules" not in path.parts and path.parent.name != "migrations"]
    importers = {str(path.relative_to(ROOT)) for path in own if ENGINES & set(imported(path))}
    assert importers == {"domains/accounts/jwt.py"}
