"""What clients choose from and are shown of orders, as enums of the schema."""

from __future__ import annotations

from domains.common.graphql.types import show_choices
from domains.orders import models

OrderStatus = models.Order.Status
show_choices(OrderStatus, name="OrderStatus", description="Where an order stands.")
OrderChargeKind = models.OrderCharge.Kind
show_choices(OrderChargeKind, name="OrderChargeKind", description="What a charge is for.")
OrderEventActor = models.OrderEvent.Actor
show_choices(OrderEventActor, name="OrderEventActor", description="Who caused what happened to an order.")
