"""Whatever the filter and the sort, a page of orders starts where it should, is full, and reads few rows."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import connection

from domains.accounts.models import User
from domains.orders.models import Order
from tests.api import Api, gid
from tests.benchmarks.seeding.rows import moment
from tests.factories import UserFactory
from tests.reading import rows_read

pytestmark = pytest.mark.django_db

ORDERS = 40_000  # of fewer it is cheaper to read all, and the planner knows
MOST_ROWS, MOST_BLOCKS = 600, 900
QUERY = """query ($filter: OrderFilter, $sort: OrderSort, $first: Int, $after: String) {
    orders(filter: $filter, sort: $sort, first: $first, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } }"""
PAYMENTS = """
INSERT INTO payments_payment (id, created_at, updated_at, status, currency, amount, authorized, captured, refunded,
                              method, intent_id, client_secret, decline_code, payer_id)
SELECT gen_random_uuid(), now(), now(), 'CAPTURED', 'GBP', n, n, n, 0, 'pm_card_visa', 'pi_' || n, '', '',
       (%(people)s::uuid[])[1 + n %% 2]
FROM generate_series(1, %(orders)s) n"""
FILL = """
INSERT INTO orders_order (id, created_at, updated_at, status, currency, total, expires_at, version, customer_id,
                          payment_id)
SELECT gen_random_uuid(), %(start)s::timestamptz + amount * interval '1 second', now(),
       CASE WHEN amount %% 1000 = 0 THEN 'PENDING' WHEN amount < 36000 THEN 'FULFILLED' ELSE 'CONFIRMED' END,
       'GBP', amount * 7919 %% 40009, now(), 1, payer_id, id FROM payments_payment"""

SHARE = "UPDATE orders_order SET customer_id = (%s::uuid[])[1 + serial %% 2000]"


@pytest.fixture
def people() -> list[User]:
    people = UserFactory.create_batch(2)
    values: dict[str, Any] = {"start": moment(0), "people": [person.id for person in people], "orders": ORDERS}
    with connection.cursor() as cursor:
        cursor.execute(PAYMENTS, values)
        cursor.execute(FILL, values)
        cursor.execute("ANALYZE orders_order, payments_payment")
    return people


def filters(person: User) -> list[dict[str, Any]]:
    late, early = moment(39_950).isoformat(), moment(40).isoformat()
    number = Order.objects.order_by("created_at")[5_000].number
    return [
        {},
        {"status": ["PENDING"]},
        {"status": ["CANCELLED"]},
        {"status": ["CONFIRMED", "FULFILLED"]},
        {"customerId": gid(person)},
        {"customerId": gid(person), "status": ["PENDING", "REFUNDED"]},
        {"createdAfter": late},
        {"createdBefore": early},
        {"createdAfter": early, "createdBefore": late, "status": ["CONFIRMED"]},
        {"number": number},
        {"number": f"1999-{number.split('-')[1]}"},
        {"number": "2026-999999999"},
        {"search": number},
        {"paymentStatus": ["CAPTURED"]},
        {"paymentStatus": ["FAILED"]},
        {"paymentStatus": ["PENDING", "AUTHORIZED"]},
        {"reference": "pi_30000"},
        {"reference": "pi_30000", "status": ["PENDING"]},
    ]


def test_a_page_of_orders_reads_few_rows_and_starts_where_it_should(people: list[User], staff: Api) -> None:
    person = people[0]
    for viewer, mine in ((staff, Order.objects.all()), (Api(person), Order.objects.filter(customer=person))):
        for chosen, field, direction in product(filters(person), ("CREATED_AT", "TOTAL"), ("ASC", "DESC")):
            arguments = {"filter": chosen, "sort": {"field": field, "direction": direction}, "first": 20}
            with rows_read() as reading:
                page = viewer.data(QUERY, arguments)["orders"]
            assert reading.rows <= MOST_ROWS, arguments
            assert reading.blocks <= MOST_BLOCKS, arguments
            expected = mine.filter(**as_lookups(chosen, person)).order_by(field.lower(), "id")
            if direction == "DESC":
                expected = expected.reverse()
            ids = [gid(order) for order in expected[:21]]
            assert [node["id"] for node in page["nodes"]] == ids[:20]
            assert page["pageInfo"]["hasNextPage"] is (len(ids) == 21)


@pytest.fixture
def zoe(people: list[User]) -> User:
    """One of 2,000 people who have twenty orders each."""
    zoe: User = UserFactory.create(name="Zoë Müller", email="zoe@example.com")
    others = (UserFactory.build(email=f"{number}@example.com") for number in range(1_999))
    everybody = [zoe, *User.objects.bulk_create(others)]
    with connection.cursor() as cursor:
        cursor.execute(SHARE, [[person.id for person in everybody]])
        cursor.execute("SELECT gin_clean_pending_list('order_by_recipient')")  # as a vacuum does
        cursor.execute("ANALYZE orders_order, accounts_user")
    return zoe


def test_a_search_for_what_is_rare_reads_few_rows(zoe: User, staff: Api) -> None:
    """500 orders with their customers, then what the indexes of names, e-mails and numbers find."""
    placed = list(Order.objects.filter(customer=zoe).order_by("created_at"))
    placed[0].delivery_address = {"name": "José", "line1": "1 High Street", "city": "Leeds", "country_code": "GB"}
    placed[0].save(update_fields=["delivery_address"])
    newest = [gid(order) for order in reversed(placed)]
    for search, expected in (("mull", newest), ("ZOE@ex", newest), ("jose", newest[-1:]), ("qqq", [])):
        with rows_read() as reading:
            page = staff.data(QUERY, {"filter": {"search": search}, "first": 20})["orders"]
        assert [node["id"] for node in page["nodes"]] == expected[:20]
        assert reading.rows <= 2 * MOST_ROWS, search
        assert reading.blocks <= 4 * MOST_BLOCKS, search


def as_lookups(chosen: dict[str, Any], person: User) -> dict[str, Any]:
    names = {
        "status": "status__in",
        "createdAfter": "created_at__gt",
        "createdBefore": "created_at__lt",
        "paymentStatus": "payment__status__in",
        "reference": "payment__intent_id",
    }
    lookups = {names[name]: value for name, value in chosen.items() if name in names}
    if "customerId" in chosen:
        lookups["customer"] = person
    if number := chosen.get("number") or chosen.get("search"):
        lookups["created_at__year"], lookups["serial"] = map(int, number.split("-"))
    return lookups
