"""Each change of an order is written down by the database, so that no writer can forget it: see OrderChange.

A transaction for each trigger: whoever places an order holds locks on several of these tables, and one that waits for
them all would stand in a circle with it. Can be repeated after it was broken off.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


def trigger(name: str, table: str, when: str, read: str) -> migrations.RunSQL:
    """After `when` on a table the row that `read` selects is written down."""
    make = f"""BEGIN;
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO orders_orderchange (transaction, order_id, customer_id, status, payment_status)
        SELECT pg_current_xact_id()::text::bigint, {read};
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}(); COMMIT;"""
    drop = f"""BEGIN;
DROP TRIGGER IF EXISTS {name} ON {table}; DROP FUNCTION IF EXISTS {name}; COMMIT;"""
    return migrations.RunSQL(make, drop)


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0013_changes")]

    operations: ClassVar[list[Operation]] = [
        trigger(
            "orders_note_order",
            "orders_order",
            "UPDATE OF status, note, delivery_address",
            "NEW.id, NEW.customer_id, OLD.status, ''",
        ),
        trigger(
            "orders_note_payment",
            "payments_payment",
            "UPDATE OF status, captured, refunded, refunds_pending",
            "id, customer_id, '', OLD.status FROM orders_order WHERE payment_id = NEW.id",
        ),
        trigger(
            "orders_note_event",
            "orders_orderevent",
            "INSERT",
            "id, customer_id, '', '' FROM orders_order WHERE id = NEW.order_id",
        ),
    ]
