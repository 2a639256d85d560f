"""Each change of an order is written down by the database, so that no writer can forget it: see OrderChange."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Now

SHORT_WAIT = "SET LOCAL lock_timeout = '5s';"

TRIGGERS = """
CREATE FUNCTION orders_note_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO orders_orderchange (transaction, order_id, customer_id, status, payment_status)
        VALUES (pg_current_xact_id()::text::bigint, NEW.id, NEW.customer_id, OLD.status, '');
    RETURN NULL;
END $$;
CREATE FUNCTION orders_note_payment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO orders_orderchange (transaction, order_id, customer_id, status, payment_status)
        SELECT pg_current_xact_id()::text::bigint, id, customer_id, '', OLD.status
        FROM orders_order WHERE payment_id = NEW.id;
    RETURN NULL;
END $$;
CREATE FUNCTION orders_note_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO orders_orderchange (transaction, order_id, customer_id, status, payment_status)
        SELECT pg_current_xact_id()::text::bigint, id, customer_id, '', ''
        FROM orders_order WHERE id = NEW.order_id;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_order_changed AFTER UPDATE OF status, note, delivery_address ON orders_order
    FOR EACH ROW EXECUTE FUNCTION orders_note_order();
CREATE TRIGGER orders_payment_changed AFTER UPDATE OF status, captured, refunded, refunds_pending ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION orders_note_payment();
CREATE TRIGGER orders_event_noted AFTER INSERT ON orders_orderevent
    FOR EACH ROW EXECUTE FUNCTION orders_note_event();
"""
NO_TRIGGERS = """
DROP TRIGGER orders_order_changed ON orders_order;
DROP TRIGGER orders_payment_changed ON payments_payment;
DROP TRIGGER orders_event_noted ON orders_orderevent;
DROP FUNCTION orders_note_order, orders_note_payment, orders_note_event;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("orders", "0012_event_actor"),
        ("payments", "0011_staff_note"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="OrderChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "transaction",
                    models.BigIntegerField(help_text="the id of the transaction, as `pg_current_xact_id` tells it"),
                ),
                ("order_id", models.UUIDField()),
                ("customer_id", models.UUIDField()),
                (
                    "status",
                    models.CharField(max_length=10, help_text="the order's before; empty when another row changed"),
                ),
                (
                    "payment_status",
                    models.CharField(max_length=16, help_text="the payment's before; empty when another row changed"),
                ),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("updated_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["transaction"], name="order_changes"),
                    models.Index(fields=["customer_id", "transaction"], name="order_changes_of"),
                ]
            },
        ),
        migrations.RunSQL(SHORT_WAIT + TRIGGERS, SHORT_WAIT + NO_TRIGGERS),
    ]
