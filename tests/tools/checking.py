"""`manage.py check_all`: everything that can be told without a server, all at once on the cores there are."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping

from backend.dev import output
from backend.dev.state import ROOT

HELP = """\
Usage: manage.py check_all

Style (ruff), types (mypy), import contracts, Django's own checks, missing migrations, and whether the printed schema
and the errors page are what the code says. No server is started. What fails is shown whole; then the status is 1."""
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
DJANGO = """
import sys, django
from django.core.management import CommandError, call_command
django.setup()
failed = []
for command in ("check", "makemigrations --check --dry-run", "print_schema --check", "print_errors --check"):
    try:
        call_command(*command.split())
    except (CommandError, SystemExit) as error:
        failed.append(f"{command}: {error}")
sys.exit("; ".join(failed) or None)
"""
CHECKS = {
    "types": ["-m", "mypy"],
    "django": ["-W", "ignore:Got an error checking a consistent migration history", "-c", DJANGO],
    "imports": ["-c", LINT_IMPORTS],
    "style": ["-m", "ruff", "check"],
    "format": ["-m", "ruff", "format", "--check"],
}


def main(arguments: list[str]) -> int:
    """Run all checks; returns 0 when none has anything to say, else 1."""
    if {"--help", "-h"} & set(arguments):
        output.line(HELP)
        return 0
    return run(CHECKS)


def run(checks: Mapping[str, list[str]]) -> int:
    """Run the checks, arguments of this Python each, side by side; 0 or 1 as `main`."""
    started = time.monotonic()
    running = {name: _start(command) for name, command in checks.items()}
    found = {name: _result(name, process) for name, process in running.items()}
    output.line(f"{sum(found.values())} of {len(found)} checks passed in {time.monotonic() - started:.0f} s")
    return 0 if all(found.values()) else 1


def _start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _result(name: str, process: subprocess.Popen[str]) -> bool:
    said, _ = process.communicate()
    passed = process.returncode == 0
    output.line(f"{name}: {'passed' if passed else 'FAILED'}")
    if not passed:
        output.line(said.rstrip())
    return passed
