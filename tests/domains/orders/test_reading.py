"""Reading orders."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLNonNull
from pytest_django import Settings

from domains.accounts.models import User
from domains.orders.models import Order, OrderEvent
from domains.payments.models import Refund
from domains.products.models import Product
from schema.merge import core
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory, StaffFactory, UserFactory
from tests.history import make_orders

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

NUMBERS = "{ totalCount nodes { number } }"
NESTED = """{ orders(first: 100) { totalCount nodes { id number status total { amount }
    customer { email } events { type } payment { status authorized { amount } }
    lines { quantity unitPrice { amount } product { name category { name } } } } } }"""


def test_a_customer_sees_their_own_orders_and_staff_all(customer: User, api: Api, staff: Api) -> None:
    make_orders(customer, 2)
    make_orders(UserFactory.create(), 3)
    assert api.data(f"{{ orders {NUMBERS} }}")["orders"]["totalCount"] == 2
    assert staff.data(f"{{ orders {NUMBERS} }}")["orders"]["totalCount"] == 5


def test_another_persons_order_does_not_exist(customer: User, api: Api, nobody: Api) -> None:
    (order,) = make_orders(customer, 1)
    line, event = order.lines.get(), order.events.get()
    stranger = Api(UserFactory.create())
    query = """query ($id: ID!, $ids: [ID!]!) { order(id: $id) { number } node(id: $id) { id }
        nodes(ids: $ids) { id } }"""
    ids = [gid(row) for row in (order, line, event, order.payment, customer)]
    hidden = {"order": None, "node": None, "nodes": [None] * 5}
    assert stranger.data(query, {"id": gid(order), "ids": ids}) == hidden
    assert nobody.data(query, {"id": gid(order), "ids": ids}) == hidden
    assert api.data(query, {"id": gid(order), "ids": ids})["nodes"] == [{"id": id_} for id_ in ids]


@pytest.mark.parametrize("count", [1, 100])
def test_a_nested_query_costs_the_same_statements_for_one_order_and_a_hundred(
    customer: User, api: Api, count: int, settings: Settings
) -> None:
    settings.QUERY_LIMITS = {**settings.QUERY_LIMITS, "cost": 100_000}  # a hundred may have 10,000 lines
    make_orders(customer, count, lines=3)
    with CaptureQueriesContext(connection) as captured:
        nodes = api.data(NESTED)["orders"]["nodes"]
    # who asks, orders (customers, lines, products, categories and payments with them), count, events
    assert len(captured) == 4
    assert len(nodes) == count
    assert all(len(node["lines"]) == 3 and node["payment"] and node["customer"] for node in nodes)


def test_of_a_long_history_the_latest_250_events_and_100_refunds_are_shown_oldest_first(
    customer: User, api: Api
) -> None:
    long, short = make_orders(customer, 2)
    history = [OrderEvent(order=long, type="REFUND_MADE", message=str(number)) for number in range(251)]
    OrderEvent.objects.bulk_create(history)
    about = {"payment": long.payment, "amount": 1, "currency": "GBP"}
    Refund.objects.bulk_create(Refund(**about, reason=str(number)) for number in range(101))
    query = "{ orders { nodes { events { message } payment { refunds { reason } } } } }"
    newer, older = api.data(query)["orders"]["nodes"]
    assert [event["message"] for event in older["events"]] == [str(number) for number in range(1, 251)]
    assert [refund["reason"] for refund in older["payment"]["refunds"]] == [str(number) for number in range(1, 101)]
    assert (len(newer["events"]), newer["payment"]["refunds"]) == (short.events.count(), [])


def test_orders_are_filtered(customer: User, staff: Api) -> None:
    mine = make_orders(customer, 2)
    make_orders(UserFactory.create(), 1, status="CANCELLED")

    def count(condition: str) -> int:
        total: int = staff.data(f"{{ orders(filter: {{{condition}}}) {NUMBERS} }}")["orders"]["totalCount"]
        return total

    assert count("status: [CANCELLED]") == 1
    assert count("status: [CANCELLED, CONFIRMED]") == 3
    assert count("status: []") == 0
    assert count("status: null, number: null") == 3
    assert count(f'customerId: "{gid(customer)}"') == 2
    assert count('customerId: "nonsense"') == 0
    assert count('customerId: ""') == 0
    assert count("customerId: null") == 3
    assert count(f'number: "{mine[0].number}"') == 1
    assert count('number: "2026"') == 0
    assert count(f'createdAfter: "{mine[0].created_at.isoformat()}"') == 2
    assert count(f'createdBefore: "{mine[0].created_at.isoformat()}"') == 0


def numbered(api: Api, number: str) -> list[str]:
    """Of the orders with this number in the list; `orderByNumber` says the same."""
    query = f"""query ($number: String!) {{ orders(filter: {{number: $number}}) {NUMBERS}
        orderByNumber(number: $number) {{ number }} }}"""
    found = api.data(query, {"number": number})
    assert found["orders"]["nodes"] == [found["orderByNumber"]] * bool(found["orderByNumber"])
    return [node["number"] for node in found["orders"]["nodes"]]


def test_an_order_is_found_under_exactly_its_number(customer: User, api: Api) -> None:
    (order,) = make_orders(customer, 1)
    year, serial = order.number.split("-")
    assert numbered(api, order.number) == [order.number]
    arabic = serial.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for other in (f"1999-{serial}", f"{year}-000{serial}", f"{year}-{arabic}", f" {year}-{serial}", f"{year}{serial}"):
        assert numbered(api, other) == [], other
    for extreme in ("0000-000000", "9999-000001", f"{year}-{10**18 - 1}", f"{year}-{10**30}"):
        assert numbered(api, extreme) == [], extreme


@pytest.mark.parametrize(
    ("moment", "year"), [("2025-12-31T23:59:59.999999Z", "2025"), ("2026-01-01T00:00:00Z", "2026")]
)
def test_an_order_of_new_years_eve_is_found_under_the_year_that_its_number_shows(
    customer: User, api: Api, moment: str, year: str
) -> None:
    (order,) = make_orders(customer, 1)
    Order.objects.update(created_at=moment)
    shown = api.data(f"{{ orders {NUMBERS} }}")["orders"]["nodes"][0]["number"]
    assert shown == f"{year}-{order.serial:06d}"
    assert [len(numbered(api, f"{other}-{order.serial:06d}")) for other in ("2025", "2026")] == (
        [1, 0] if year == "2025" else [0, 1]
    )


def test_an_order_with_more_than_six_digits_is_found(customer: User, api: Api) -> None:
    (order,) = make_orders(customer, 1)
    Order.objects.update(serial=1_000_000)
    order.refresh_from_db()
    assert numbered(api, f"{order.created_at.year}-1000000") == [order.number]


def test_many_numbers_of_a_document_are_looked_up_at_once_and_show_nobody_elses_order(customer: User, api: Api) -> None:
    first, second, other = [*make_orders(customer, 2), *make_orders(UserFactory.create(), 1)]
    asked = [first.number, other.number, "nonsense", second.number]
    fields = " ".join(f'n{place}: orderByNumber(number: "{number}") {{ id }}' for place, number in enumerate(asked))
    with CaptureQueriesContext(connection) as captured:
        found = api.data(f"{{ {fields} }}")
    assert [*found.values()] == [{"id": gid(first)}, None, None, {"id": gid(second)}]
    assert len(captured) == 2  # who asks, the orders


def test_orders_are_newest_first_or_by_total(customer: User, api: Api) -> None:
    orders = make_orders(customer, 3)
    default = [node["number"] for node in api.data(f"{{ orders {NUMBERS} }}")["orders"]["nodes"]]
    assert default == [order.number for order in reversed(orders)]
    by_total = api.data("{ orders(sort: {field: TOTAL, direction: ASC}) { nodes { total { amount } } } }")["orders"]
    amounts = [float(node["total"]["amount"]) for node in by_total["nodes"]]
    assert amounts == sorted(amounts)


def test_a_product_off_sale_is_seen_through_ones_own_order_line_only(api: Api) -> None:
    product = ProductFactory.create()
    buy(api, [(product, 1)])
    product.active = False
    product.save()
    query = """query ($id: ID!) { orders { nodes { lines { product { id } } } } node(id: $id) { id }
        product(by: {id: $id}) { id } }"""
    assert api.data(query, {"id": gid(product)}) == {
        "orders": {"nodes": [{"lines": [{"product": {"id": gid(product)}}]}]},
        "node": None,
        "product": None,
    }


def test_customer_payment_and_product_are_never_null_and_the_schema_says_so(
    customer: User, api: Api, staff: Api
) -> None:
    (order,) = make_orders(customer, 1, lines=1)
    Product.objects.update(active=False)
    query = """query ($id: ID!) { order(id: $id) { customer { id } payment { id } lines { product { id } } } }"""
    line = order.lines.get()
    seen: dict[str, Any] = {"customer": {"id": gid(customer)}, "payment": {"id": gid(order.payment)}}
    seen["lines"] = [{"product": {"id": gid(line.product)}}]
    assert api.data(query, {"id": gid(order)}) == {"order": seen}
    User.objects.filter(id=customer.id).update(is_active=False)
    assert staff.data(query, {"id": gid(order)}) == {"order": seen}
    for kind, name in (("Order", "customer"), ("Order", "payment"), ("OrderLine", "product")):
        declared: Any = core.type_map[kind]
        assert isinstance(declared.fields[name].type, GraphQLNonNull)


def test_staff_see_the_customer_and_a_customer_sees_themselves(customer: User, api: Api) -> None:
    make_orders(customer, 1)
    query = "{ orders { nodes { customer { email } } } }"
    seen = {"orders": {"nodes": [{"customer": {"email": customer.email}}]}}
    assert api.data(query) == Api(StaffFactory.create()).data(query) == seen


def test_nobody_is_asked_to_sign_in_for_orders(nobody: Api) -> None:
    assert nobody.code(f"{{ orders {NUMBERS} }}") == "UNAUTHENTICATED"


def test_the_orders_version_and_number_are_what_was_stored(api: Api) -> None:
    answer = buy(api, [(ProductFactory.create(), 1)])["order"]
    order = the_order()
    assert (answer["number"], answer["version"]) == (f"{order.created_at.year}-{order.serial:06d}", 2)
