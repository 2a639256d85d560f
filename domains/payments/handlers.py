"""Outbox work of the payments domain."""

from __future__ import annotations

from datetime import timedelta

from domains.common import outbox
from domains.common.models import OutboxMessage
from domains.payments import operations
from domains.payments.gateway import GatewayUnavailable


@outbox.handler(operations.OPERATION)
def carry_out_operation(message: OutboxMessage) -> None:
    """Capture, void or refund, again and again until the provider answers."""
    try:
        operations.carry_out(message.key)
    except GatewayUnavailable as error:
        wait = outbox.back_off(message.attempts, base=timedelta(seconds=5), most=timedelta(minutes=1))
        raise outbox.Postpone(wait) from error
