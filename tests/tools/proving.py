"""`manage.py prove`: the promises of the README at full size, with the figures that were measured."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.state import ROOT
from tests.tools import testing

PROMISES = ROOT / "tests" / "promises"
HELP = """\
Usage: manage.py prove [--list] [NAME ...] [pytest options]

Runs the tests in tests/promises at full size, each at most 20 minutes, and shows what they measured. `manage.py test`
runs the same ones in small. Servers are those of `manage.py test`: embedded, or DATABASE_URL and REDIS_URL.

  manage.py prove                       all promises
  manage.py prove never_oversells       one of them: tests/promises/test_never_oversells.py
  manage.py prove --list                their names

Figures are kept in prove.jsonl in the state folder, a line each. Of a long promise the finished rounds are kept too:
when it was interrupted, the next run of the same commit goes on from there."""


def main(arguments: list[str]) -> int:
    """Prove all promises or those named; returns pytest's exit status."""
    if {"--help", "-h"} & set(arguments):
        output.line(HELP)
        return 0
    known = {path.stem.removeprefix("test_"): path for path in sorted(PROMISES.glob("test_*.py"))}
    if "--list" in arguments:
        for name, path in known.items():
            output.line(f"{name:<28} {_promise(path)}")
        return 0
    names = [argument for argument in arguments if not argument.startswith("-")]
    options = [argument for argument in arguments if argument.startswith("-")]
    os.environ["ORDERGRAPH_PROVE"] = "full"
    return testing.main([*(_path(name, known) for name in names or known), *options])


def _path(name: str, known: dict[str, Path]) -> str:
    path = known.get(name.replace("-", "_"))
    if path is None:
        raise DevError(f"There is no promise {name}. There are: {', '.join(known)}.")
    return str(path.relative_to(ROOT))


def _promise(path: Path) -> str:
    """The first line of the file's docstring."""
    told = ast.get_docstring(ast.parse(path.read_text())) or ""
    return told.partition("\n")[0].removeprefix("Promise: ")
