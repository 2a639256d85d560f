"""An order that is delivered: what is copied onto it, and what a buyer is never charged unseen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from domains.common.data.models import IdempotencyKey
from domains.common.data.money import MAX_MINOR
from domains.delivery.models import DeliveryMethod
from domains.orders.models import Order
from domains.orders.services.carts import CartLine, Checkout
from domains.products.models import Product
from tests.api import Api
from tests.domains.common.refusals import problems, refusal
from tests.domains.orders.shop import ADDRESS, DATABASES, assert_stock_agrees, the_order, wish
from tests.factories import DeliveryMethodFactory, ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

WHOLE = """order { id email note total { amount } subtotal { amount } tax { amount } expiresAt
    charges { kind label amount { amount currencyCode } tax { amount } }
    deliveryAddress { name company line1 line2 city region postalCode countryCode phone }
    lines { total { amount } tax { amount } } payment { authorized { amount } } }"""
SHOWN = f"query ($id: ID!) {{ {WHOLE.replace('order {', 'order(id: $id) {', 1)} }}"
CHANGED = "expected { amount currencyCode } actual { amount currencyCode }"


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory.create(price=999, stock=10, tax_rate=20)


@pytest.fixture
def method(db: None) -> DeliveryMethod:
    return DeliveryMethodFactory.create(name="Next day", price=450, tax_rate=20, country_codes=["GB"])


def refused(api: Api, **fields: Any) -> set[str]:
    """Where it breaks rules; nothing is written."""
    paths = problems(api, "createOrder", **{**fields, "idempotencyKey": str(fields["idempotencyKey"])})
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()
    return paths


def test_method_price_and_address_are_copied_onto_the_order_and_its_total_is_held(
    api: Api, staff: Api, product: Product, method: DeliveryMethod
) -> None:
    note = " Ring twice,\nplease "
    order = api.call("createOrder", WHOLE, **wish([(product, 2)], method, note=note, expectedTotal="24.48"))["order"]
    DeliveryMethod.objects.update(name="Later", price=1, tax_rate=0, active=False)
    assert order["payment"] == {"authorized": {"amount": "24.48"}}
    assert order["expiresAt"] is None
    for seen in (api, staff):
        shown = seen.data(
            f"query ($id: ID!) {{ {WHOLE.replace('order {', 'order(id: $id) {', 1)} }}", {"id": order["id"]}
        )
        assert shown["order"] == order
    assert (order["email"], order["note"]) == (the_order().customer.email, "Ring twice,\nplease")
    assert [order[name]["amount"] for name in ("total", "subtotal", "tax")] == ["24.48", "19.98", "4.08"]
    assert [line["tax"]["amount"] for line in order["lines"]] == ["3.33"]
    assert order["charges"] == [
        {
            "kind": "DELIVERY",
            "label": "Next day",
            "amount": {"amount": "4.50", "currencyCode": "GBP"},
            "tax": {"amount": "0.75"},
        }
    ]
    empty = dict.fromkeys(("company", "line2", "region", "phone"), "")
    assert order["deliveryAddress"] == {**ADDRESS, "countryCode": "GB", **empty}


def test_an_order_without_delivery_has_no_charge_and_no_address(api: Api, product: Product) -> None:
    order = api.call("createOrder", WHOLE, **wish([(product, 1)], delivery=None, note=None, expectedTotal=None))[
        "order"
    ]
    assert (order["charges"], order["deliveryAddress"], order["note"]) == ([], None, "")
    assert order["subtotal"] == order["total"] == {"amount": "9.99"}


def test_an_order_says_until_when_it_can_be_paid_while_it_is_pending(api: Api, product: Product) -> None:
    pending = wish([(product, 1)], paymentMethod="pm_card_authenticationRequired")
    order = api.call("createOrder", WHOLE, **pending)["order"]
    assert order["expiresAt"] == the_order().expires_at.isoformat()
    assert api.call("cancelOrder", "order { expiresAt }", orderId=order["id"])["order"] == {"expiresAt": None}


@pytest.mark.parametrize("edit", [{"active": False}, {"country_codes": ["FR", "DE"]}, None], ids=str)
def test_a_method_that_is_unknown_inactive_or_serves_another_country_is_refused(
    api: Api, product: Product, method: DeliveryMethod, edit: dict[str, Any] | None
) -> None:
    cart = wish([(product, 1)], method)
    DeliveryMethod.objects.update(**edit) if edit else method.delete()
    assert refused(api, **cart) == {"input.delivery.methodId"}


def test_all_that_is_wrong_with_the_input_is_told_at_once(api: Api, product: Product) -> None:
    address = {**ADDRESS, "name": " ", "postalCode": None, "phone": "1" * 41}
    delivery = {"methodId": "nonsense", "address": address}
    cart = wish([(product, 0)], delivery=delivery, note="n" * 501, expectedTotal="-1", paymentMethod="")
    assert refused(api, **cart) == {
        "input.lines.0.quantity",
        "input.delivery.methodId",
        *(f"input.delivery.address.{name}" for name in ("name", "postalCode", "phone")),
        "input.note",
        "input.expectedTotal",
        "input.paymentMethod",
    }
    assert refused(api, **wish([(product, 1)], note="a\x07b", expectedTotal="9.999")) == {
        "input.note",
        "input.expectedTotal",
    }


def test_delivery_is_required_where_the_shop_says_so(
    api: Api, settings: Settings, product: Product, method: DeliveryMethod
) -> None:
    settings.DELIVERY_REQUIRED = True
    assert refused(api, **wish([(product, 1)])) == {"input.delivery"}
    assert api.call("createOrder", WHOLE, **wish([(product, 1)], method))["__typename"] == "CreateOrderSuccess"


@pytest.mark.parametrize("expected", ["0", "14.48", "14.50", "14.490"])
def test_a_total_that_was_not_shown_is_not_charged(
    api: Api, product: Product, method: DeliveryMethod, expected: str
) -> None:
    cart = wish([(product, 1)], method, expectedTotal=expected)
    answer = api.call("createOrder", WHOLE, **cart)
    if Decimal(expected) == Decimal("14.49"):
        assert answer["__typename"] == "CreateOrderSuccess"
        return
    assert (answer["__typename"], answer["code"]) == ("PriceChangedError", "PRICE_CHANGED")
    assert answer["path"] == ["input", "expectedTotal"]
    assert (Order.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert_stock_agrees(product, stock=10)
    cart["idempotencyKey"] = str(cart["idempotencyKey"])
    shown = refusal(api, "createOrder", "PriceChangedError", CHANGED, **cart)
    assert shown["actual"] == {"amount": "14.49", "currencyCode": "GBP"}
    assert shown["expected"]["amount"] == str(Decimal(expected).quantize(Decimal("0.01")))
    again = api.call("createOrder", WHOLE, **{**cart, "expectedTotal": shown["actual"]["amount"]})
    assert again["__typename"] == "CreateOrderSuccess"


def test_the_total_of_the_dearest_cart_can_be_expected(api: Api) -> None:
    dear = ProductFactory.create(price=MAX_MINOR, stock=2)
    cart = wish([(dear, 2)], delivery=None)
    changed = api.call("createOrder", WHOLE, **cart, expectedTotal="20000000000.01")
    assert changed["__typename"] == "PriceChangedError"
    order = api.call("createOrder", WHOLE, **cart, expectedTotal="20000000000.00")
    assert order["__typename"] == "CreateOrderSuccess"


def test_a_replay_is_answered_whatever_it_expects_and_whatever_became_of_the_method(
    api: Api, product: Product, method: DeliveryMethod
) -> None:
    cart = wish([(product, 1)], method, note="Ring twice", expectedTotal="14.49")
    first = api.call("createOrder", "order { id }", **cart)
    method.delete()
    Product.objects.update(price=1, active=False)
    respelt = {**ADDRESS, "name": " Ada Person ", "countryCode": "GB", "company": ""}
    for other in (
        {"expectedTotal": "1"},
        {"expectedTotal": None},
        {"delivery": {**cart["delivery"], "address": respelt}},
    ):
        answer = api.call("createOrder", "replayed order { id }", **{**cart, **other})
        assert answer == {**first, "replayed": True}


@pytest.mark.parametrize(
    "changed", [{"note": "Ring once"}, {"note": None}, {"line1": "2 High Street"}, {"method": 1}, {}]
)
def test_address_method_and_note_belong_to_the_key(
    api: Api, product: Product, method: DeliveryMethod, changed: dict[str, Any]
) -> None:
    cart = wish([(product, 1)], method, note="Ring twice")
    api.call("createOrder", "order { id }", **cart)
    elsewhere = {**cart["delivery"], "address": {**ADDRESS, "line1": "2 High Street"}}
    other = wish([], DeliveryMethodFactory.create())["delivery"]
    for changed in ({"note": "A"}, {"note": None}, {"delivery": elsewhere}, {"delivery": other}, {"delivery": None}):
        answer = api.call("createOrder", "order { id }", **{**cart, **changed})
        assert answer["__typename"] == "IdempotencyConflictError"


def test_a_cart_without_the_new_fields_has_the_fingerprint_of_the_release_before() -> None:
    checkout = Checkout([CartLine(UUID(int=7), 2)], "pm_card_visa", note="  ", expected_total=Decimal(1))
    assert checkout.fingerprint == "000fd45512bc0780b45779060004a173a6e54d6a1031c797d4f9636e45b509eb"


def test_limits_go_before_products_products_before_stock_and_stock_before_the_price(
    api: Api, settings: Settings, product: Product, method: DeliveryMethod
) -> None:
    settings.ORDER_MAX_UNPAID = 1
    api.call("createOrder", "order { id }", **wish([(product, 1)], paymentMethod="pm_card_authenticationRequired"))
    off, scarce = ProductFactory.create(active=False), ProductFactory.create(stock=1)

    def kind(*cart: tuple[Product, int], method: DeliveryMethod | None = method) -> str:
        return str(api.call("createOrder", "replayed", **wish(cart, method, expectedTotal="1"))["__typename"])

    assert kind((scarce, 2), (off, 1), method=DeliveryMethodFactory.create(active=False)) == "ValidationError"
    assert kind((scarce, 2), (off, 1)) == "RateLimitedError"
    settings.ORDER_MAX_UNPAID = 2
    assert kind((off, 1)) == "ProductUnavailableError"
    assert kind((scarce, 2)) == "InsufficientStockError"
    assert kind((scarce, 1)) == "PriceChangedError"
