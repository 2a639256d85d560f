"""What staff can do to an order in the dashboard of the provider, and what must be true afterwards."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from domains.common.background.models import OutboxMessage
from domains.orders.invariants import RULES
from domains.orders.models import Order
from domains.payments.gateway import gateway
from domains.payments.models import SandboxRefund
from tests.api import Api, gid
from tests.domains.orders.shop import deliver_due, make_due, the_order

STOCK, TOTAL = 5, 2_000


def drain() -> None:
    """All that is promised is done, but for what waits."""
    for _ in range(6):  # news, an operation, the news of it, what follows
        if not make_due():
            break
        deliver_due()


def capture_there(order: Order, amount: int = TOTAL) -> None:
    gateway().capture(order.payment.intent_id, amount=amount, key="dashboard")


def release_there(order: Order) -> None:
    gateway().cancel(order.payment.intent_id)


def refund_there(order: Order, amount: int) -> None:
    gateway().refund(order.payment.intent_id, amount=amount, operation_id="", key=f"dashboard:{uuid4()}")


def cancel(api: Api, order: Order) -> str:
    return str(api.call("cancelOrder", "order { id }", orderId=gid(order))["__typename"])


def refund(staff: Api, order: Order, **fields: Any) -> str:
    wish = {"orderId": gid(order), "reason": "Broken", "idempotencyKey": uuid4(), **fields}
    return str(staff.call("refundOrder", "order { id }", **wish)["__typename"])


def state() -> tuple[str, str, int, int]:
    order = the_order()
    return order.status, order.payment.status, order.payment.captured, order.payment.refunded


def given_back() -> int:
    """By the provider."""
    return sum(SandboxRefund.objects.filter(failed=False).values_list("amount", flat=True))


def assert_in_order() -> None:
    assert [finding for rule in RULES for finding in rule()] == []
    assert not OutboxMessage.objects.filter(done_at=None).exists()
