"""What the product does: one folder a domain.

A domain may import those named before it, never one named after it. This tuple is the only list of
domains: installed apps, the schema merge, URL routes, seeds and the import contracts all loop over it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

DOMAINS: tuple[str, ...] = ("common", "accounts", "products", "delivery", "payments", "orders", "operations")


def modules(name: str) -> list[ModuleType]:
    """What the domains have in a module of this name, those that have one, in the order of DOMAINS."""
    paths = [f"domains.{domain}.{name}" for domain in DOMAINS]
    return [import_module(path) for path in paths if find_spec(path)]
