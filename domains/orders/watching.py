"""Which orders of a list have changed since they were last asked for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from domains.common.data.prepared import fetch_one
from domains.common.viewer import Viewer
from domains.orders.filtering import OrderQuery

MOST = 1_000  # orders that changed at once; who shows more of them reads the list again

# Transactions commit in another order than they begin, so that no time and no number is a position to read on from. A
# snapshot is: it says of each transaction whether it could be seen. Of those after it the index finds most.
_CHANGED = """
SELECT pg_current_snapshot()::text, ARRAY(
    SELECT json_build_array(
        order_id, array_agg(id ORDER BY id), array_agg(DISTINCT status), array_agg(DISTINCT payment_status)
    )
    FROM orders_orderchange
    WHERE transaction >= pg_snapshot_xmin(position)::text::bigint
        AND NOT pg_visible_in_snapshot(transaction::text::xid8, position) {whose}
    GROUP BY order_id ORDER BY min(id) LIMIT {most}
) FROM CAST(%s AS pg_snapshot) AS position
"""
_ALL = _CHANGED.format(whose="", most=MOST + 1)
_OF_ONE = _CHANGED.format(whose="AND customer_id = %s", most=MOST + 1)


class Change(NamedTuple):
    """What happened to an order: the numbers of the changes, and the states that it and its payment were in before."""

    numbers: list[int]
    statuses: list[str]
    payment_statuses: list[str]


class OrderWatch:
    """The changes of a list of orders, from when it is made: none is missed, however late it is asked for."""

    def __init__(self, query: OrderQuery, viewer: Viewer) -> None:
        self._query = query
        self._viewer = viewer
        self._customer_id = query.customer_id if viewer.is_staff else viewer.user_id
        self._position: str = (fetch_one("SELECT pg_current_snapshot()::text") or ())[0]

    def changed(self) -> Mapping[UUID, Hashable]:
        """The orders that have changed since the last call, each with what tells these changes of it from others.

        Raises OverflowError when they are more than MOST.
        """
        changes = self._changes()
        if not changes:
            return {}
        others = replace(self._query, status__in=None, payment__status__in=None)  # the states before count, too
        rows = others.rows(self._viewer).filter(others.probed or Q(), id__in=changes)
        states = {id_: state for id_, *state in rows.values_list("id", "status", "payment__status")}
        return {
            id_: tuple(change.numbers)
            for id_, change in changes.items()
            if id_ in states and self._is_wanted(change, *states[id_])
        }

    def _changes(self) -> dict[UUID, Change]:
        whose = () if self._customer_id is None else (self._customer_id,)
        found = fetch_one(_OF_ONE if whose else _ALL, *whose, self._position)
        assert found is not None
        self._position, changes = found
        if len(changes) > MOST:
            raise OverflowError(f"more than {MOST} orders have changed")
        return {UUID(id_): Change(*said) for id_, *said in changes}

    def _is_wanted(self, change: Change, status: str, payment_status: str) -> bool:
        """Whether the states before and after meet the filter."""
        met = (
            (self._query.status__in, {*change.statuses, status}),
            (self._query.payment__status__in, {*change.payment_statuses, payment_status}),
        )
        return all(wanted is None or not states.isdisjoint(wanted) for wanted, states in met)
