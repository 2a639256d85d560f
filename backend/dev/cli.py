"""What manage.py does inside `.venv`: its own commands, or a Django command with the servers it needs."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import warnings
from types import FrameType

import environ

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.state import ROOT

OWN = {
    "dev": ("backend.dev.supervisor", "run everything on this machine, with reload"),
    "test": ("tests.tools.testing", "run the tests with pytest"),
    "prove": ("tests.tools.proving", "run the tests of the promises at full size and show the figures"),
    "bench": ("tests.benchmarks.bench.running", "measure the server beside others on the same tables"),
    "check_all": ("tests.tools.checking", "check style, types, contracts and drift; no server"),
    "reset": ("backend.dev.reset", "delete the development database and mails"),
}
NEED_NO_SERVER = {
    "build_graphiql",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "help",
    "makemessages",
    "makemigrations",
    "print_errors",
    "print_schema",
    "startapp",
    "version",
}


def main(argv: list[str]) -> int:
    """Run the command line `argv`; returns the exit status."""
    if (ROOT / ".env").is_file():  # what the environment already says wins
        environ.Env.read_env(ROOT / ".env")
    try:
        return _dispatch(argv)
    except DevError as error:
        output.line(f"manage.py: {error}", stream=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _dispatch(argv: list[str]) -> int:
    command = argv[1] if len(argv) > 1 else "help"
    if command == "help" and len(argv) > 2 and argv[2] in OWN:
        command, argv = argv[2], [argv[0], argv[2], "--help"]
    if command in OWN:
        # They start many processes, each of which would compile all sources anew: 0.5 s, pytest 10 s.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        try:
            run = importlib.import_module(OWN[command][0]).main
        except ModuleNotFoundError as error:
            if error.name != "tests":
                raise
            raise DevError(f"`manage.py {command}` needs a checkout: the image has no tests.") from error
        return int(run(argv[2:]))
    if command in {"help", "--help", "-h"} and len(argv) <= 2:
        _describe_own()
    asks_only = {"--help", "-h", "--version"} & set(argv[1:])
    if len(argv) > 1 and not asks_only and command not in NEED_NO_SERVER:
        _run_with_servers(command, argv)
    else:
        # makemigrations asks a database, where there is one, whether its history is in order.
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
        _run_django(argv)
    return 0


def _run_with_servers(command: str, argv: list[str]) -> None:
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        _run_django(argv)
        return
    from backend.dev.services import for_command
    from backend.dev.state import State, default_folder

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    with for_command(State(default_folder()), command) as is_new:
        if is_new and command != "migrate":
            output.line("the database is new: migrating it first", name="dev", stream=sys.stderr)
            _run_django([argv[0], "migrate", "--verbosity", "0"])
        _run_django(argv)


def _run_django(argv: list[str]) -> None:
    """Imported only here, as our own commands do without it and start sooner so."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(argv)


def _stop(number: int, frame: FrameType | None) -> None:
    """As an exception, so that the servers are stopped on the way out."""
    sys.exit(128 + number)


def _describe_own() -> None:
    output.line(f"Usage: {os.path.basename(sys.argv[0])} COMMAND [arguments]\n")
    for name, (_, what) in OWN.items():
        output.line(f"  {name:<9} {what}")
    output.line("")
