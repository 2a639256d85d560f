"""What the tests of orders share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import F, Sum

from domains.common.background import delivering, outbox
from domains.common.background.models import OutboxMessage
from domains.common.data import transactions
from domains.common.data.models import BaseModel
from domains.delivery.models import DeliveryMethod
from domains.orders.models import Order
from domains.payments.sandbox.gateway import SandboxGateway
from domains.products.models import Product, StockMovement
from tests.api import Api, gid
from tests.processes import PATIENCE

ORDER = """replayed order { id number status version total { amount currencyCode } events { type }
    payment { status clientSecret authorized { amount } }
    lines { productName sku quantity unitPrice { amount } total { amount } product { id } } }"""
DECLINED = "... on PaymentDeclinedError { declineCode }"
DATABASES = ["default", "sandbox"]
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def buy(api: Api, cart: Iterable[tuple[Product, int]], method: str = "pm_card_visa", key: UUID | None = None) -> Any:
    """createOrder with these quantities of these products."""
    lines = [{"productId": gid(product), "quantity": quantity} for product, quantity in cart]
    return api.call("createOrder", ORDER, lines=lines, paymentMethod=method, idempotencyKey=key or uuid4())


ADDRESS = {
    "name": "Ada Person",
    "line1": "1 High Street",
    "city": "Leeds",
    "countryCode": "gb",
    "postalCode": "LS1 4AP",
}


def wish(cart: Iterable[tuple[Product, int]], method: DeliveryMethod | None = None, **fields: Any) -> dict[str, Any]:
    """The input of createOrder, delivered by the method if one is given."""
    lines = [{"productId": gid(product), "quantity": quantity} for product, quantity in cart]
    to = {"delivery": {"methodId": gid(method), "address": ADDRESS}} if method else {}
    return {"lines": lines, "paymentMethod": "pm_card_visa", "idempotencyKey": uuid4(), **to, **fields}


def the_order() -> Order:
    return Order.objects.select_related("payment").get()


def events(order: Order) -> list[str]:
    """What happened to it, oldest first; the mails about it are looked at in test_mails."""
    happened = order.events.exclude(type__endswith="_EMAIL_SENT").order_by("created_at", "id")
    return list(happened.values_list("type", flat=True))


def deliver_due() -> int:
    """What relay and worker do, in this thread; the number of messages that were finished."""
    return sum(delivering.deliver(message_id) for message_id in outbox.hand_over())


def make_due() -> int:
    """All that was promised and is not done, in the order of the promises; how much that is."""
    return OutboxMessage.objects.filter(done_at__isnull=True).update(due_at=F("created_at"), leased_until=None)


def somebody_waits_for_us() -> bool:
    """For a lock that this thread's transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED)
        return bool(cursor.fetchone()[0])


@contextmanager
def locked_from_then_on(monkeypatch: pytest.MonkeyPatch, method: str, row: Callable[[], BaseModel]) -> Iterator[None]:
    """The first call of that method of the provider's ends as somebody else locks the row, to the end of the block."""
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", "200ms")
    real, locked, over = getattr(SandboxGateway, method), threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                chosen = row()
                type(chosen)._base_manager.select_for_update(no_key=True).get(pk=chosen.pk)
                locked.set()
                over.wait(PATIENCE)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)

    def then_locked(self: SandboxGateway, *args: Any, **named: Any) -> Any:
        answer = real(self, *args, **named)
        if not locked.is_set():
            holder.start()
            assert locked.wait(PATIENCE)
        return answer

    monkeypatch.setattr(SandboxGateway, method, then_locked)
    try:
        yield
    finally:
        over.set()
        holder.join()


def assert_stock_agrees(product: Product, *, stock: int) -> None:
    """The stock is this, and the ledger's sum too."""
    product.refresh_from_db(fields=["stock"])
    ledger = StockMovement.objects.filter(product=product).aggregate(sum=Sum("delta"))["sum"] or 0
    assert (product.stock, ledger) == (stock, stock)
