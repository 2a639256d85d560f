"""A quote tells what createOrder would hold, and everything that stands in its way; it writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as tested
from hypothesis import strategies as st
from pytest_django import Settings

from domains.common.data.models import new_id
from domains.common.data.money import MAX_MINOR, tax_of
from domains.common.viewer import Viewer
from domains.delivery.models import DeliveryMethod
from domains.delivery.services import Address
from domains.orders import services
from domains.orders.models import Order
from domains.orders.services import CartLine
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.orders.shop import ADDRESS, DATABASES
from tests.factories import CategoryFactory, DeliveryMethodFactory, ProductFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

QUOTE = """query ($input: OrderQuoteInput!) { orderQuote(input: $input) {
    lines { quantity unitPrice { amount } total { amount } product { id sku taxRate } }
    subtotal { amount } charges { kind label amount { amount } tax { amount } } tax { amount }
    total { amount currencyCode } problems { code message path productId available } } }"""


def lines(*cart: tuple[Product, int]) -> list[dict[str, Any]]:
    return [{"productId": gid(product), "quantity": quantity} for product, quantity in cart]


def quoted(api: Api, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.data(QUOTE, {"input": fields})["orderQuote"]
    return answer


def problems(quote: dict[str, Any]) -> dict[str, str]:
    assert all(problem["path"][0] == "input" and problem["message"] for problem in quote["problems"])
    return {".".join(problem["path"][1:]): problem["code"] for problem in quote["problems"]}


@pytest.fixture
def method(db: None) -> DeliveryMethod:
    return DeliveryMethodFactory.create(name="Next day", price=450, tax_rate=20, country_codes=["GB"])


def test_anybody_hears_what_a_cart_comes_to_before_there_is_an_address(nobody: Api, method: DeliveryMethod) -> None:
    jug = ProductFactory.create(price=999, tax_rate=20)
    cart = lines((jug, 1), (jug, 1))
    quote = quoted(nobody, lines=cart, deliveryMethodId=gid(method), countryCode="gb")
    assert quote == {
        "lines": [
            {
                "quantity": 2,
                "unitPrice": {"amount": "9.99"},
                "total": {"amount": "19.98"},
                "product": {"id": gid(jug), "sku": jug.sku, "taxRate": "20.00"},
            }
        ],
        "subtotal": {"amount": "19.98"},
        "charges": [{"kind": "DELIVERY", "label": "Next day", "amount": {"amount": "4.50"}, "tax": {"amount": "0.75"}}],
        "tax": {"amount": "4.08"},
        "total": {"amount": "24.48", "currencyCode": "GBP"},
        "problems": [],
    }
    delivery = {"methodId": gid(method), "address": ADDRESS}
    assert quoted(nobody, lines=cart, delivery=delivery) == quote
    assert quoted(nobody, lines=cart, delivery=delivery, deliveryMethodId=None, countryCode=None) == quote


def test_everything_that_stands_in_the_way_is_told_at_once(nobody: Api, staff: Api, method: DeliveryMethod) -> None:
    off, scarce, other = (ProductFactory.create(price=100, stock=3, active=active) for active in (False, True, True))
    none = {"productId": gid(Product(id=new_id())), "quantity": 1}
    nonsense = {"productId": "nonsense", "quantity": 1}
    cart = [*lines((off, 1), (scarce, 2), (scarce, 2)), none, nonsense, *lines((other, 0))]
    delivery = {"methodId": gid(method), "address": {**ADDRESS, "name": "", "countryCode": "FR"}}
    for viewer in (nobody, staff):
        quote = quoted(viewer, lines=cart, delivery=delivery)
        assert problems(quote) == {
            "lines.4.productId": "VALIDATION_FAILED",
            "lines.5.quantity": "VALIDATION_FAILED",
            "delivery.address.name": "VALIDATION_FAILED",
            "delivery.methodId": "VALIDATION_FAILED",
            "lines.0.productId": "PRODUCT_UNAVAILABLE",
            "lines.3.productId": "PRODUCT_UNAVAILABLE",
            "lines.1.quantity": "INSUFFICIENT_STOCK",
        }
        assert [(one["productId"], one["available"]) for one in quote["problems"][-3:]] == [
            (gid(off), None),
            (none["productId"], None),
            (gid(scarce), 3),
        ]
        assert [line["quantity"] for line in quote["lines"]] == [4]  # a short line counts in full
        assert (quote["total"]["amount"], quote["charges"]) == ("4.00", [])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"deliveryMethodId": "nonsense", "countryCode": "GB"}, {"deliveryMethodId"}),
        ({"deliveryMethodId": "", "countryCode": "ZZ"}, {"deliveryMethodId", "countryCode"}),
        ({"deliveryMethodId": "nonsense"}, {"deliveryMethodId", "countryCode"}),
        ({"countryCode": "GB"}, set()),
        ({}, set()),
        ({"lines": []}, {"lines"}),
        ({"lines": [{"productId": "x", "quantity": 1}] * 101}, {"lines"}),
    ],
)
def test_what_the_input_breaks_is_in_the_problems(
    nobody: Api, settings: Settings, fields: dict[str, Any], found: set[str]
) -> None:
    settings.DELIVERY_REQUIRED = True  # a quote without a method is one all the same
    quote = quoted(nobody, **{"lines": lines((ProductFactory.create(), 1)), **fields})
    assert problems(quote) == dict.fromkeys(found, "VALIDATION_FAILED")


def test_more_than_anybody_can_count_is_a_problem_of_the_line(nobody: Api) -> None:
    dear = ProductFactory.create(price=MAX_MINOR)
    quote = quoted(nobody, lines=lines(*[(dear, 2**31 - 1)] * 3))
    assert problems(quote)["lines.0.quantity"] == "INSUFFICIENT_STOCK"
    assert problems(quote)["lines.2.quantity"] == "VALIDATION_FAILED"
    assert quote["lines"][0]["quantity"] == 2**31 - 1


def test_a_cart_that_costs_nothing_cannot_be_ordered_and_its_quote_says_so(nobody: Api, method: DeliveryMethod) -> None:
    free = lines((ProductFactory.create(price=0), 1))
    assert problems(quoted(nobody, lines=free)) == {"lines": "VALIDATION_FAILED"}
    assert problems(quoted(nobody, lines=free, deliveryMethodId=gid(method), countryCode="GB")) == {}


def test_an_address_or_a_country_but_not_both(nobody: Api, method: DeliveryMethod) -> None:
    delivery = {"methodId": gid(method), "address": ADDRESS}
    for other in ({"deliveryMethodId": gid(method)}, {"countryCode": "GB"}):
        assert nobody.code(QUOTE, {"input": {"lines": [], "delivery": delivery, **other}}) == "BAD_USER_INPUT"


def test_a_quote_writes_nothing_and_takes_three_statements(nobody: Api, method: DeliveryMethod) -> None:
    cart = lines(*((product, 1) for product in ProductFactory.create_batch(20)))
    statements: list[str] = []

    def kept(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        statements.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(kept):
        quoted(nobody, lines=cart, deliveryMethodId=gid(method), countryCode="GB")
    assert len(statements) == 3  # the method, what is on sale, and the products that are shown
    assert all(statement.startswith("SELECT") for statement in statements)
    assert not Order.objects.exists()


RATES = st.none() | st.integers(0, 10_000)  # hundredths of a percent
CARTS = st.lists(st.tuples(st.integers(1, 99_999), st.integers(1, 100), RATES), min_size=1, max_size=5)


def percent(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)


@given(
    cart=CARTS,
    store=st.integers(0, 10_000),
    currency=st.sampled_from(["GBP", "JPY", "KWD"]),
    fee=st.none() | st.tuples(st.integers(0, 9_999), RATES),
)
@tested(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_quote_and_its_order_agree_to_the_last_minor_unit(
    settings: Settings, cart: Any, store: int, currency: str, fee: Any
) -> None:
    settings.STORE_CURRENCY, settings.STORE_TAX_RATE, settings.ORDER_MAX_UNPAID = currency, percent(store), 10**6
    shelf = CategoryFactory.create()
    products = [
        ProductFactory.create(price=price, tax_rate=percent(rate), stock=quantity, category=shelf)
        for price, quantity, rate in cart
    ]
    wanted = [CartLine(product.id, quantity) for product, (_, quantity, _) in zip(products, cart, strict=True)]
    method = DeliveryMethodFactory.create(price=fee[0], tax_rate=percent(fee[1])) if fee else None
    quote = services.quote_order(lines=wanted, to=services.MethodChoice(method.id, "GB") if method else None)
    address = Address(name="Ada", line1="1 High Street", city="Leeds", country_code="GB", postal_code="LS1 4AP")
    total = Decimal(quote.sums.total).scaleb(-{"GBP": 2, "JPY": 0, "KWD": 3}[currency])
    placement = services.create_order(
        viewer=Viewer(UserFactory.create().id),
        lines=wanted,
        payment_method="pm_card_visa",
        key=new_id(),
        delivery=services.Delivery(method.id, address) if method else None,
        expected_total=total,
    )
    order = Order.objects.select_related("payment").get(id=placement.order.id)
    amounts = ("subtotal", "charges_total", "tax", "total")
    assert quote.obstacles == []
    assert [getattr(order, name) for name in amounts] == [getattr(quote.sums, name) for name in amounts]
    parts = [(price * quantity, rate) for price, quantity, rate in cart] + ([fee] if fee else [])
    taxes = [tax_of(amount, percent(store if rate is None else rate) or Decimal(0)) for amount, rate in parts]
    assert order.total == sum(amount for amount, _ in parts) == order.payment.authorized
    lines_tax, charges_tax = (
        rows.values_list("tax", flat=True) for rows in (order.lines.order_by("position"), order.charges)
    )
    assert [*lines_tax, *charges_tax] == taxes
    assert order.tax == sum(taxes)
