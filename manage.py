#!/usr/bin/env python3
"""Every command starts here: `python3 manage.py dev`, `test`, or any Django command.

Any Python 3.8+ may start it, with nothing installed: the first start builds `.venv` and goes on inside it. Only the
standard library and 3.8 syntax here. ORDERGRAPH_BOOTSTRAP=off uses the present interpreter (as in the image).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent


def main() -> int:
    if os.environ.get("ORDERGRAPH_BOOTSTRAP") != "off":
        continue_in_venv()
    sys.path.insert(0, str(ROOT))
    # Only here: whatever else imports `backend` runs in production unless it is told otherwise.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.local")
    from backend.dev.cli import main as run_command

    return run_command(sys.argv)


def continue_in_venv() -> None:
    bootstrap = load_bootstrap()
    if not bootstrap.is_ready():
        bootstrap.set_up()
    elif bootstrap.inside_venv():
        return
    python = str(bootstrap.VENV_PYTHON)
    os.execv(python, [python, str(ROOT / "manage.py"), *sys.argv[1:]])


def load_bootstrap() -> ModuleType:
    """By its path: as a module of `backend` it would bring in the packages it is there to install."""
    spec = importlib.util.spec_from_file_location("bootstrap", str(ROOT / "backend" / "dev" / "bootstrap.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
