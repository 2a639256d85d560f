"""All rules are looked at every hour, and what is broken is told."""

from __future__ import annotations

import pytest
from django.db.models import F
from django.utils.module_loading import autodiscover_modules

from domains.common.background.periodic import SCHEDULE
from domains.orders.services import auditing
from domains.products.models import Product
from tests.factories import ProductFactory
from tests.logs import json_log, lines

pytestmark = pytest.mark.django_db(transaction=True)
RULE = "stock is the sum of its ledger"


def test_the_hourly_look_tells_of_broken_rules_until_they_hold() -> None:
    product = ProductFactory.create(stock=5)
    Product.objects.update(stock=F("stock") + 1)
    with json_log() as log:
        auditing.audit()
    assert [(line["rule"], line["rows"]) for line in lines(log) if line["level"] == "ERROR"] == [(RULE, 1)]
    assert (found := auditing.last()) is not None
    assert found.broken == {RULE: 1}
    Product.objects.filter(id=product.id).update(stock=F("stock") - 1)
    auditing.audit()
    assert (found := auditing.last()) is not None
    assert found.broken == {}


def test_it_is_work_of_the_relay() -> None:
    autodiscover_modules("handlers")
    assert SCHEDULE["domains.orders.services.auditing.audit"].total_seconds() == 3_600
