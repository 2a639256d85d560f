"""Moving an order from state to state, with the event that says so, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from domains.common.background import changes, outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.prepared import fetch_one
from domains.common.data.transactions import LOCK_TIMEOUT
from domains.common.data.writes import Write, change_one, insert
from domains.orders.models import Order, OrderEvent
from domains.orders.transitions import MAILS, MOVES, Action

Type = OrderEvent.Type
Actor = OrderEvent.Actor
_MOVE = """UPDATE orders_order SET status = %s, version = version + 1, updated_at = %s
    WHERE id = %s AND status = %s AND set_config('lock_timeout', %s, true) <> ''"""

# xmin: the transaction that wrote the row, whichever column it changed.
_VERSION = """
SELECT orders_order.xmin::text, payment.xmin::text, (
    SELECT id FROM orders_orderevent WHERE order_id = orders_order.id ORDER BY created_at DESC, id DESC LIMIT 1
) FROM orders_order JOIN payments_payment AS payment ON payment.id = payment_id WHERE orders_order.id = %s
"""


def move(order_id: UUID, *, before: Order.Status, after: Order.Status, then: Sequence[Write] = ()) -> Order | None:
    """A conditional UPDATE on the old state: of several rivals exactly one gets the order, as it is now.

    It writes `then` in the same statement.
    """
    order = change_one(Order, _MOVE, after, timezone.now(), order_id, before, LOCK_TIMEOUT, then=then)
    if order:
        announce(order_id, order.customer_id)
    return order


def take(
    action: Action, order_id: UUID, *, before: Order.Status, actor: Actor | None = None, answered: bool = False
) -> Order | None:
    """Make the action's move, with its event; None when the order was not in the state `before`.

    `actor` when it is another than usual. `answered`: the customer hears of it in the answer to a call, and gets no
    mail.
    """
    after, event_type, message, usual = MOVES[action]
    order = move(order_id, before=before, after=after)
    if order and message:
        moved = event(order_id, event_type, message, actor=actor or usual)
        insert(moved, *([] if answered else mails(moved)))
    return order


def note(order_id: UUID, type_: Type, message: str, *, actor: Actor, actor_id: UUID | None = None, **data: Any) -> None:
    """Add to the order's history, in the caller's transaction, and promise the mail that this event causes."""
    announce(order_id)
    noted = event(order_id, type_, message, actor=actor, actor_id=actor_id, **data)
    insert(noted, *mails(noted))


def event(
    order_id: UUID, type_: Type, message: str, *, actor: Actor, actor_id: UUID | None = None, **data: Any
) -> OrderEvent:
    """The row of `note`, for a caller that inserts it along with others. The customer reads `message`."""
    return OrderEvent(order_id=order_id, type=type_, message=message, actor=actor, actor_id=actor_id, data=data)


def mails(cause: OrderEvent) -> list[OutboxMessage]:
    """The promise of the mail that an event causes, if one does: to be inserted with it."""
    return [
        outbox.promise(topic, key=cause.order_id, due_in=mail.after, **cause.data)
        for topic, mail in MAILS.items()
        if cause.type in mail.causes
    ]


def version(order_id: UUID) -> object:
    """Another one after each change of the order, its payment or its history."""
    return fetch_one(_VERSION, order_id)


def topic(order_id: UUID) -> str:
    """What `changes` calls this order."""
    return f"order:{order_id}"


def topic_of_all(customer_id: UUID | None = None) -> str:
    """What `changes` calls the orders of this customer, or of everybody."""
    return f"orders:{customer_id}" if customer_id else "orders"


def announce(order_id: UUID, customer_id: UUID | None = None) -> None:
    """Tell of a change of the order, its payment or its history; whose it is is looked up when it is not known."""
    if customer_id is None and (found := fetch_one("SELECT customer_id FROM orders_order WHERE id = %s", order_id)):
        (customer_id,) = found
    changes.announce(topic(order_id), topic_of_all(customer_id), topic_of_all())
