"""Which orders a search and the filters of a back office find, and whose."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from domains.accounts.models import User
from domains.delivery.addresses import Address
from domains.orders.models import Order
from domains.orders.numbers import Beginning
from domains.payments.models import Payment
from tests.api import Api, gid
from tests.factories import UserFactory
from tests.history import make_orders

pytestmark = pytest.mark.django_db

QUERY = """query ($filter: OrderFilter, $sort: OrderSort, $first: Int, $after: String) {
    orders(filter: $filter, sort: $sort, first: $first, after: $after) {
        nodes { id } totalCount pageInfo { hasNextPage endCursor } } }"""
BELOW = """query ($filter: OrderFilter, $first: Int, $after: String) { customers { nodes { email
    orders(filter: $filter, first: $first, after: $after) { nodes { id } totalCount pageInfo { endCursor } } } } }"""
MINE = "{ me { orders { nodes { id } totalCount } } }"


@pytest.fixture
def zoe() -> User:
    return UserFactory.create(name="Zoë Müller-Lang", email="zoe.m@example.com")


@pytest.fixture
def gift(zoe: User) -> Order:
    """Number 2026-000123, for somebody else."""
    with connection.cursor() as cursor:  # no order that is made later gets this number, too
        cursor.execute("SELECT setval('orders_serial', greatest(nextval('orders_serial'), 123))")
    (order,) = make_orders(zoe, 1)
    to = Address("José Ångström", "1 High Street", "Leeds", "GB", company="Quarry Ltd")
    order.delivery_address, order.serial, order.created_at = to.to_json(), 123, "2026-03-01T12:00Z"
    order.save()
    order.refresh_from_db()
    return order


@pytest.fixture
def other(customer: User) -> Order:
    """Number 2025-1234567, without an address."""
    (order,) = make_orders(customer, 1)
    Order.objects.filter(id=order.id).update(serial=1_234_567, created_at="2025-12-31T23:59:59Z")
    return order


def found(api: Api, **filter: Any) -> list[str]:
    page = api.data(QUERY, {"filter": filter})["orders"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["id"] for node in page["nodes"]]


@pytest.mark.parametrize(
    "search",
    [
        *("2", "202", "2026", "2026-", "2026-000", "2026-000123", " 2026\u2011000123 "),
        *("zoe.m@example.com", "ZOE.M@", "zoe."),
        *("zoe", "Zoë", "ZOE MUL", "lang muller", "Zoë Müller-L"),
        *("jose", "ANGSTROM J", "josé ång"),
    ],
)
def test_an_order_is_found_by_what_its_number_its_people_or_their_e_mail_begin_with(
    gift: Order, other: Order, staff: Api, search: str
) -> None:
    ids = found(staff, search=search)
    assert gid(gift) in ids
    assert (gid(other) in ids) is (search in ("2", "202"))


@pytest.mark.parametrize(
    "search",
    [
        *("000123", "26-000123", "2026-123", "2026-0001230", "2026-00012-3", "2025-000123", "9999", "0000"),
        *("example.com", "m@example.com", "oe", "ang-mu", "ose", "zoe jose", "leeds", "quarry", "%@example.com", "_"),
        *("---", "\u200b", "2026-999999999999999999"),
    ],
)
def test_an_order_is_not_found_by_the_middle_of_anything_nor_by_words_of_two_people(
    gift: Order, staff: Api, search: str
) -> None:
    assert found(staff, search=search) == []


@pytest.mark.parametrize(("begun", "finds"), [("2025-1", True), ("2025-12345", True), ("2025-01", False)])
def test_a_number_of_seven_digits_is_found_by_its_beginning(other: Order, staff: Api, begun: str, finds: bool) -> None:
    assert found(staff, search=begun) == [gid(other)] * finds


def test_every_beginning_of_a_number_and_nothing_else_begins_it() -> None:
    for serial in (0, 7, 123_456, 1_234_567, 10**11):
        number = f"2026-{serial:06d}"
        for length in range(5, len(number) + 1):
            begun = Beginning.parse(number[:length])
            assert begun
            assert begun.serials is None or any(
                first <= serial <= last for first, last in zip(begun.serials[::2], begun.serials[1::2], strict=True)
            )


def test_a_customers_search_finds_their_own_orders_alone(gift: Order, other: Order, api: Api, zoe: User) -> None:
    for search in ("2026", "zoe", "jose", gift.number):
        assert found(api, search=search) == []
        assert found(Api(zoe), search=search) == [gid(gift)]
    assert found(Api(zoe), search="2025", reference=gift.payment.intent_id or "pi") == []


def test_a_customer_is_found_by_the_name_that_they_have_now(gift: Order, staff: Api, zoe: User) -> None:
    zoe.name = "Chloé"
    zoe.save(update_fields=["name"])
    assert (found(staff, search="zoe mul"), found(staff, search="chloe")) == ([], [gid(gift)])


def test_null_and_an_empty_search_do_not_filter_and_an_empty_list_or_reference_finds_nothing(
    gift: Order, other: Order, staff: Api
) -> None:
    everything = [gid(order) for order in sorted((gift, other), key=lambda order: order.id == other.id)]
    assert set(found(staff, search="")) == set(found(staff, search=None)) == set(everything)
    assert set(found(staff, paymentStatus=None, reference=None)) == set(everything)
    assert found(staff, paymentStatus=[]) == found(staff, reference="") == []


def test_a_search_of_more_than_an_email_may_have_is_refused(staff: Api) -> None:
    assert staff.code(QUERY, {"filter": {"search": "x" * 255}}) == "BAD_USER_INPUT"


def test_orders_are_found_by_the_state_and_the_reference_of_their_payment(
    gift: Order, other: Order, staff: Api
) -> None:
    Payment.objects.filter(id=gift.payment_id).update(intent_id="pi_1", status="FAILED")
    assert found(staff, paymentStatus=["FAILED"]) == found(staff, reference="pi_1") == [gid(gift)]
    assert found(staff, paymentStatus=["AUTHORIZED"]) == [gid(other)]
    assert len(found(staff, paymentStatus=["AUTHORIZED", "FAILED"])) == 2
    assert found(staff, paymentStatus=["VOIDED"]) == []
    for wrong in ("pi", "pi_", "PI_1", "pi_1 ", "pi_%"):
        assert found(staff, reference=wrong) == []
    assert found(staff, reference="pi_1", status=["CANCELLED"]) == []


@pytest.mark.parametrize("filter", [{"search": "ada"}, {"paymentStatus": ["AUTHORIZED"]}, {"search": "2"}])
def test_what_is_found_is_paged_to_its_end_and_its_cursors_are_of_no_other_list(
    customer: User, staff: Api, filter: dict[str, Any]
) -> None:
    orders = make_orders(customer, 7)
    make_orders(UserFactory.create(name="Bob"), 2)
    Order.objects.exclude(customer=customer).update(created_at="1999-01-01T00:00Z")
    Payment.objects.exclude(payer=customer).update(status="FAILED")
    seen: list[str] = []
    after = None
    for size in (3, 3, 1):
        page = staff.data(QUERY, {"filter": filter, "first": 3, "after": after})["orders"]
        assert (len(page["nodes"]), page["totalCount"]) == (size, 7)
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert (seen, page["pageInfo"]["hasNextPage"]) == ([gid(order) for order in reversed(orders)], False)
    for others in ({}, {"search": "ad"}, {"paymentStatus": ["FAILED"]}):
        assert staff.code(QUERY, {"filter": others, "after": after}) == "INVALID_CURSOR"


def test_people_have_their_orders_and_staff_see_anybodys(gift: Order, other: Order, api: Api, staff: Api) -> None:
    mine = api.data(MINE)["me"]["orders"]
    assert mine == {"nodes": [{"id": gid(other)}], "totalCount": 1}
    lists = {person["email"]: person["orders"] for person in staff.data(BELOW)["customers"]["nodes"]}
    assert lists[gift.customer.email]["nodes"] == [{"id": gid(gift)}]
    assert sorted(each["totalCount"] for each in lists.values()) == [0, 1, 1]
    query = "query ($id: ID!) { node(id: $id) { ... on User { orders { totalCount } } } }"
    assert staff.data(query, {"id": gid(gift.customer)})["node"]["orders"] == {"totalCount": 1}
    assert api.data(query, {"id": gid(gift.customer)})["node"] is None


@pytest.mark.parametrize("filter", [{}, {"search": "ada"}, {"search": "2", "paymentStatus": ["AUTHORIZED"]}])
def test_the_orders_of_many_people_cost_no_more_statements_than_those_of_few(
    staff: Api, filter: dict[str, Any]
) -> None:
    counts = []
    for more in (1, 9):
        for person in UserFactory.create_batch(more):
            make_orders(person, 3)
        with CaptureQueriesContext(connection) as captured:
            people = staff.data(BELOW, {"filter": filter, "first": 2})["customers"]["nodes"]
        counts.append(len(captured))
        assert [len(person["orders"]["nodes"]) for person in people if person["orders"]["totalCount"]] == (
            [2] * (more + (more > 1))
        )
    assert counts[0] == counts[1]


def test_a_cursor_of_one_persons_orders_is_of_nobody_elses(customer: User, staff: Api) -> None:
    make_orders(customer, 3)
    make_orders(UserFactory.create(), 1)
    lists = staff.data(BELOW, {"first": 1})["customers"]["nodes"]
    (cursor,) = (one["orders"]["pageInfo"]["endCursor"] for one in lists if one["email"] == customer.email)
    codes = {error["extensions"]["code"] for error in staff.post(BELOW, {"first": 1, "after": cursor})["errors"]}
    assert codes == {"INVALID_CURSOR"}
    assert staff.code(QUERY, {"first": 1, "after": cursor}) == "INVALID_CURSOR"
    query = "query ($id: ID!, $to: String) { node(id: $id) { ... on User { orders(after: $to) { nodes { id } } } } }"
    page = staff.data(query, {"id": gid(customer), "to": cursor})["node"]["orders"]
    assert len(page["nodes"]) == 2
