"""Failures that are told in one paragraph instead of a traceback."""

from __future__ import annotations


class DevError(Exception):
    """The command cannot go on; the message says why and what to do, and holds no secret."""
