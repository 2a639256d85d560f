"""Outbox work of the payments domain."""

from __future__ import annotations

from datetime import timedelta

from domains.common import outbox
from domains.common.models import OutboxMessage
from domains.payments import services
from domains.payments.gateway import GatewayUnavailable


@outbox.handler(services.OPERATION)
def carry_out_operation(message: OutboxMessage) -> None:
    """Void a hold, again and again until the provider answers."""
    try:
        services.carry_out(message.key)
    except GatewayUnavailable as error:
        wait = outbox.back_off(message.attempts, base=timedelta(seconds=5))
        raise outbox.Postpone(wait) from error
