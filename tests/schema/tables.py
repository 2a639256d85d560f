"""What each domain's `tests/domains/<name>/access.py` says of who gets what, put together.

`ROOTS`: for each root field its arguments, and what nobody, another customer, the customer whose things are asked for
and staff are answered. `NODES`: for each type with a global id, which of those four `node` shows a row to.
`things(customer)` makes what the arguments name, `nodes(customer)` a row of each such type, the customer's own where it
belongs to somebody.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from domains import DOMAINS
from domains.accounts.models import User

type Table = dict[str, tuple[str, tuple[str, str, str, str]]]
type Shown = dict[str, tuple[bool, bool, bool, bool]]

NOBODY, NO_STAFF = "UNAUTHENTICATED", "FORBIDDEN"
EVERYBODY, OWNER, OWNER_AND_STAFF, STAFF = (
    (True,) * 4,
    (False, False, True, False),
    (False, False, True, True),
    (False, False, False, True),
)


def _said(name: str) -> list[Any]:
    paths = [f"tests.domains.{domain}.access" for domain in DOMAINS]
    modules = [import_module(path) for path in paths if find_spec(path.rpartition(".")[0]) and find_spec(path)]
    return [getattr(module, name) for module in modules if hasattr(module, name)]


def table() -> Table:
    """Every root field that a domain speaks of."""
    return {root: row for rows in _said("ROOTS") for root, row in rows.items()}


def shown() -> Shown:
    """Every type with a global id that a domain speaks of."""
    return {name: row for rows in _said("NODES") for name, row in rows.items()}


def things(customer: User) -> dict[str, str]:
    """The values of the arguments."""
    return {name: value for make in _said("things") for name, value in make(customer).items()}


def nodes(customer: User) -> dict[str, str]:
    """The global id of a row of every such type."""
    return {name: value for make in _said("nodes") for name, value in make(customer).items()}
