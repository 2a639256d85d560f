"""What the domains bring to the settings, each in a `settings.py` of its own folder.

Its capitals become settings: a list is added to the one there is, a mapping merged into it, anything else takes its
place. DEVELOPMENT and TESTS hold what those environments have instead. `problems(settings)` yields why the settings are
not fit for production. Such a module is read before anything else: it imports no model and no Django settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domains import modules

ENVIRONMENTS = ("DEVELOPMENT", "TESTS")


def merge_into(settings: dict[str, Any]) -> None:
    """Add what all domains bring."""
    for module in modules("settings"):
        for name, value in vars(module).items():
            if name.isupper() and name not in ENVIRONMENTS:
                settings[name] = _merged(settings.get(name), value)


def _merged(known: Any, more: Any) -> Any:
    if isinstance(known, list) and isinstance(more, list):
        return [*known, *more]
    if isinstance(known, dict) and isinstance(more, dict):
        return {**known, **{name: _merged(known.get(name), value) for name, value in more.items()}}
    return more


def settings_for(environment: str) -> dict[str, Any]:
    """What the domains have instead in DEVELOPMENT or TESTS."""
    return {name: value for module in modules("settings") for name, value in getattr(module, environment, {}).items()}


def problems(settings: dict[str, Any]) -> Iterator[str]:
    """Why the settings of the domains are not fit for production."""
    for module in modules("settings"):
        if hasattr(module, "problems"):
            yield from module.problems(settings)
