"""`backend` runs any business: no name and no text of it is about the one that is in `domains`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domains import DOMAINS
from tests.commands import ROOT

FILES = [path for path in (ROOT / "backend").rglob("*.py") if "node_modules" not in path.parts]
GENERAL = {"common", "operations"}  # words that mean something else outside of `domains`, too
OURS = {"cart", "catalogue", "category", "currency", "customer", "jwt", "login", "price", "refund", "sandbox", "stripe"}
WORDS = OURS | {"shop"} | {name.removesuffix("s") for name in DOMAINS if name not in GENERAL}


def words(text: str) -> set[str]:
    """In the singular: of snake_case, camelCase and prose."""
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)}


def texts(tree: ast.Module) -> Iterator[str]:
    """Names and strings; comments and docstrings may take examples."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value
        for field in ("id", "attr", "arg", "name", "module", "asname"):
            if isinstance(name := getattr(node, field, None), str):
                yield name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_business_word_is_in(path: Path) -> None:
    assert {word for text in texts(ast.parse(path.read_text())) for word in words(text) & WORDS} == set()
