"""What a caller hears once the provider may have been called and its word is not written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from domains.common.errors import ServiceUnavailableError
from domains.orders.errors import PaymentPendingError
from domains.payments.gateway import GatewayUnavailable


@contextmanager
def pending(order_id: UUID) -> Iterator[None]:
    """PaymentPendingError for a provider without an answer, and for a database too busy to write it down.

    ServiceUnavailableError says that nothing was written: no longer true here. The outbox goes on with the rest.
    """
    try:
        yield
    except (GatewayUnavailable, ServiceUnavailableError):
        raise PaymentPendingError(order_id) from None
