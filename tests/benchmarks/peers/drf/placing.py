"""Placing an order as a plain Django service, with the guarantees of ours: the same rows, the ORM's own statements.

A short transaction reserves, the money is held outside any, a second transaction confirms. An order that is not held at
once is left to whoever settles: only what every purchase does is written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rest_framework import serializers

from domains.common.models import IdempotencyKey, OutboxMessage
from domains.orders.models import Order, OrderEvent, OrderLine
from domains.payments.gateway import IntentStatus, gateway
from domains.payments.models import Payment
from domains.products.models import Product, StockMovement

MAX_UNPAID = 3


class LineInput(serializers.Serializer):
    product = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=100)


class OrderInput(serializers.Serializer):
    lines = LineInput(many=True, allow_empty=False, max_length=100)
    method = serializers.CharField(max_length=100)
    key = serializers.UUIDField()


def place(user: Any, wanted: Mapping[str, Any]) -> Order:
    """The order, also of a key that was used before. Raises ValidationError."""
    quantities: dict[UUID, int] = {}
    for line in wanted["lines"]:
        quantities[line["product"]] = quantities.get(line["product"], 0) + line["quantity"]
    with transaction.atomic():
        order, is_new = _reserve(user, quantities, wanted["method"], wanted["key"])
    if is_new:
        held = gateway("sandbox").create(
            key=f"{order.payment_id}:create",
            amount=order.total,
            currency=order.currency,
            method=wanted["method"],
            reference=str(order.id),
        )
        saved = {"intent_id": held.id, "client_secret": held.client_secret}
        Payment.objects.filter(id=order.payment_id, status="PENDING").update(**saved)
        held = gateway("sandbox").confirm(held.id, key=f"{order.payment_id}:confirm", return_url="")
        if held.status == IntentStatus.REQUIRES_CAPTURE:
            with transaction.atomic():
                _confirm(order)
    return Order.objects.prefetch_related("lines").get(id=order.id)


def _reserve(user: Any, quantities: Mapping[UUID, int], method: str, key: UUID) -> tuple[Order, bool]:
    canonical = json.dumps([sorted((str(id_), count) for id_, count in quantities.items()), method])
    order = Order(customer=user, currency=settings.STORE_CURRENCY)
    print_ = hashlib.sha256(canonical.encode()).hexdigest()
    known, is_new = IdempotencyKey.objects.get_or_create(
        owner_id=user.id, operation="createOrder", key=key, defaults={"fingerprint": print_, "result_id": order.id}
    )
    if known.fingerprint != print_:
        raise serializers.ValidationError("This key came with another input")
    if not is_new:
        return Order.objects.get(id=known.result_id), False
    if Order.objects.filter(customer=user, status="PENDING", expires_at__gt=timezone.now()).count() >= MAX_UNPAID:
        raise serializers.ValidationError("Too many unpaid orders")
    products = Product.objects.filter(active=True).only("name", "sku", "price").in_bulk(list(quantities))
    if len(products) < len(quantities):
        raise serializers.ValidationError("A product is not for sale")
    order.total = sum(products[id_].price * count for id_, count in quantities.items())
    order.expires_at = timezone.now() + timedelta(minutes=settings.ORDER_PAYMENT_WINDOW_MINUTES)
    order.payment = Payment.objects.create(payer=user, currency=order.currency, amount=order.total, method=method)
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            product_id=id_,
            product_name=products[id_].name,
            sku=products[id_].sku,
            quantity=count,
            currency=order.currency,
            unit_price=products[id_].price,
            total=products[id_].price * count,
        )
        for position, (id_, count) in enumerate(quantities.items(), start=1)
    )
    OrderEvent.objects.create(order=order, type="PLACED", message="Order placed", actor_id=user.id)
    due = timezone.now() + timedelta(seconds=15)
    OutboxMessage.objects.create(topic="orders.settle", key=order.id, payload={}, due_at=due)
    StockMovement.objects.bulk_create(
        StockMovement(product_id=id_, delta=-count, reason="ORDER", reference=order.id)
        for id_, count in quantities.items()
    )
    for id_ in sorted(quantities):
        count = quantities[id_]
        free = Product.objects.filter(id=id_, active=True, stock__gte=count)
        if not free.update(stock=F("stock") - count, reserved=F("reserved") + count):
            raise serializers.ValidationError("Not enough in stock")
    return order, True


def _confirm(order: Order) -> None:
    now = timezone.now()
    pending = Order.objects.filter(id=order.id, status="PENDING")
    if not pending.update(status="CONFIRMED", version=F("version") + 1, updated_at=now):
        return
    Payment.objects.filter(id=order.payment_id, status="PENDING").update(
        status="AUTHORIZED", authorized=F("amount"), authorized_at=now, updated_at=now
    )
    OutboxMessage.objects.filter(topic="orders.settle", key=order.id, done_at=None).update(done_at=now)
    OrderEvent.objects.create(order=order, type="CONFIRMED", message="The money is held")
    OutboxMessage.objects.create(topic="orders.confirmation", key=order.id, payload={}, due_at=now)
