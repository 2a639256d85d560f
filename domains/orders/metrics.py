"""Orders whose payment is undecided, and rules that rows break."""

from __future__ import annotations

from django.db import connection

from domains.common.measuring.state import MOST_ROWS, State, reader
from domains.orders import invariants
from domains.orders.services import auditing

PENDING = State("orders_pending", "Orders whose payment is undecided.")
OLDEST = State("orders_pending_oldest_seconds", "Age of the oldest of them; 0 without one.")
BROKEN = State("invariants_broken", "Rows that break a rule of check_invariants, as of the last look.", "rule")
CHECKED = State("invariants_checked_timestamp_seconds", "When all rules were last looked at, in Unix time.")

_PENDING = """SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float FROM (
    SELECT created_at FROM orders_order WHERE status = 'PENDING' ORDER BY expires_at LIMIT %s
) AS pending"""


@reader
def read_pending() -> None:
    """Orders that wait for their payment."""
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, [MOST_ROWS])
        count, age = cursor.fetchone()
    PENDING.show({(): count})
    OLDEST.show({(): age})


@reader
def read_invariants() -> None:
    """The hourly look at all rules, and one rule that an index answers now: that nobody waits for ever."""
    rules: dict[tuple[str, ...], float] = {}
    if last := auditing.last():
        rules = {(invariants.name_of(rule),): 0.0 for rule in invariants.RULES}
        rules |= {(rule,): float(count) for rule, count in last.broken.items()}
        CHECKED.show({(): last.at})
    waits = invariants.nobody_waits_for_ever
    BROKEN.show(rules | {(invariants.name_of(waits),): float(sum(1 for _ in waits()))})
