"""The environment commands run in: `.env`, and the servers' addresses."""

from __future__ import annotations

import os

import environ

from backend.dev.state import ROOT


def prepare() -> None:
    """Read `.env`, so that a DATABASE_URL there counts; what the environment already says wins."""
    if (ROOT / ".env").is_file():
        environ.Env.read_env(ROOT / ".env")


def given(name: str) -> bool:
    return bool(os.environ.get(name))
