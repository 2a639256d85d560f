"""What the tests of orders share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F, Sum

from domains.common import outbox
from domains.common.models import OutboxMessage
from domains.orders.models import Order
from domains.products.models import Product, StockMovement
from tests.api import Api, gid

ORDER = """replayed order { id number status version total { amount currencyCode } events { type }
    payment { status clientSecret authorized { amount } }
    lines { productName sku quantity unitPrice { amount } total { amount } product { id } } }"""
DECLINED = "... on PaymentDeclinedError { declineCode }"
DATABASES = ["default", "sandbox"]
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def buy(api: Api, goods: Iterable[tuple[Product, int]], method: str = "pm_card_visa", key: UUID | None = None) -> Any:
    """createOrder with these pieces of these products."""
    lines = [{"productId": gid(product), "quantity": pieces} for product, pieces in goods]
    return api.call("createOrder", ORDER, lines=lines, paymentMethod=method, idempotencyKey=key or uuid4())


def the_order() -> Order:
    return Order.objects.select_related("payment").get()


def events(order: Order) -> list[str]:
    return list(order.events.order_by("created_at", "id").values_list("type", flat=True))


def deliver_due() -> int:
    """What relay and worker do, in this thread; the number of messages that were finished."""
    return sum(outbox.deliver(message_id) for message_id in outbox.hand_over())


def make_due() -> None:
    """All that was promised, in the order of the promises."""
    OutboxMessage.objects.filter(done_at__isnull=True).update(due_at=F("created_at"), leased_until=None)


def somebody_waits_for_us() -> bool:
    """For a lock that this thread's transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED)
        return bool(cursor.fetchone()[0])


def assert_stock_agrees(product: Product, *, stock: int) -> None:
    """The stock is this, and the ledger's sum too."""
    product.refresh_from_db(fields=["stock"])
    ledger = StockMovement.objects.filter(product=product).aggregate(sum=Sum("delta"))["sum"] or 0
    assert (product.stock, ledger) == (stock, stock)
