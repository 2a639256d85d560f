"""`manage.py seed`: a shop to look at, and one to measure."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db.models import Model

from domains.accounts.models import User
from domains.orders.models import Order, OrderLine
from domains.products.models import Category, Product
from tests.domains.orders.shop import DATABASES

pytestmark = pytest.mark.django_db


@pytest.fixture
def development(settings: LazySettings) -> None:
    settings.DEBUG = True


def rows() -> dict[str, set[Any]]:
    """The primary keys of every row of the product."""
    models: list[type[Model]] = [m for m in apps.get_models() if m.__module__.startswith("domains.")]
    return {model.__name__: set(model._default_manager.values_list("pk", flat=True)) for model in models}


@pytest.mark.parametrize("what", ["demo", "bench"])
def test_made_up_people_are_refused_where_debug_is_off(what: str) -> None:
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("seed", what)
    assert not User.objects.exists()


@pytest.mark.usefixtures("development")
@pytest.mark.django_db(transaction=True, databases=DATABASES)
def test_the_demo_shop_is_the_same_after_a_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed", "demo")
    first = rows()
    assert len(first["Product"]) >= 100
    assert len(first["User"]) == 3
    orders = Order.objects.order_by("created_at")
    states = ["REFUNDED", "FULFILLED", "FULFILLED", "CANCELLED", "CONFIRMED"]
    assert list(orders.values_list("status", flat=True)) == states
    assert OrderLine.objects.filter(returned_quantity=2).count() == 1
    call_command("check_invariants")
    call_command("seed", "demo")
    assert rows() == first
    assert "people" in capsys.readouterr().out


@pytest.mark.usefixtures("development")
@pytest.mark.django_db(transaction=True)
def test_the_shop_of_a_benchmark_is_as_large_as_asked_and_has_the_same_ids_each_time() -> None:
    def sow() -> dict[str, set[Any]]:
        call_command("seed", "bench", "--products", "60", "--orders", "30", verbosity=0)
        return rows()

    first = sow()
    assert (Category.objects.count(), Product.objects.count()) == (50, 60)
    assert (Order.objects.count(), OrderLine.objects.count()) == (30, 90)
    assert sow() == first
    call_command("flush", interactive=False, verbosity=0)
    assert sow() == first
