"""`manage.py reset`: delete the development database and mails."""

from __future__ import annotations

import argparse
from pathlib import Path

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.state import State, default_folder


def main(arguments: list[str]) -> int:
    """Ask, then delete; returns the exit status, 1 when nothing was deleted."""
    found = argparse.ArgumentParser(prog="manage.py reset", description="Delete the development database and mails.")
    found.add_argument("--yes", action="store_true", help="do not ask")
    found.add_argument("--state-dir", type=Path, default=default_folder(), help="the folder given to dev (.state)")
    options = found.parse_args(arguments)
    state = State(options.state_dir)
    if not state.folder.exists():
        output.line(f"There is nothing in {state.folder}.")
        return 0
    with state.held("reset"):
        if not options.yes and not confirmed(state.folder):
            output.line("Nothing was deleted.")
            return 1
        state.remove()
    output.line(f"Deleted the database and mails of {state.folder}.")
    return 0


def confirmed(folder: Path) -> bool:
    """Whether the person at the terminal says yes; DevError where nobody can be asked."""
    try:
        answer = input(f"Delete the development database and mails in {folder}? [y/N] ")
    except EOFError:
        raise DevError("Nobody to ask. Give --yes to delete without asking.") from None
    return answer.strip().lower() in {"y", "yes"}
