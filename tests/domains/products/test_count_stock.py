"""A stocktake: what is on the shelf is what can be ordered and what orders hold, once for each key."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domains.common.data.models import IdempotencyKey, new_id
from domains.products import stock
from domains.products.models import Product, StockMovement
from tests.api import Api, gid
from tests.domains.common.refusals import broken, problems, refusal
from tests.domains.common.together import together
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

SELECTION = "replayed product { stock reserved version }"
RESERVED = 4


@pytest.fixture
def product() -> Product:
    """Ten on the shelf, of which orders hold four."""
    product = ProductFactory.create(stock=10)
    stock.take({product.id: RESERVED}, order_id=new_id())
    return product


def fields(product: Product, **changes: Any) -> dict[str, Any]:
    return {"productId": gid(product), "counted": 12, "note": "May", "idempotencyKey": str(uuid4()), **changes}


def counts(product: Product) -> list[int]:
    """What the counts changed; the ledger and the stock agree."""
    product.refresh_from_db()
    assert sum(product.movements.values_list("delta", flat=True)) == product.stock
    return list(product.movements.filter(reason="COUNT").order_by("created_at").values_list("delta", flat=True))


def test_a_count_leaves_what_orders_hold_to_them(staff: Api, product: Product) -> None:
    key = uuid4()
    answer = staff.call("countStock", SELECTION, **fields(product, note=" May ", idempotencyKey=key))
    assert answer["product"] == {"stock": 12 - RESERVED, "reserved": RESERVED, "version": 1}
    assert answer["replayed"] is False
    movement = StockMovement.objects.get(reason="COUNT")
    assert (movement.note, movement.reference) == ("May", key)
    assert counts(product) == [2]


@pytest.mark.parametrize("counted", [RESERVED, 10, 100_000_000], ids=str)
def test_a_count_is_in_the_ledger_also_when_the_stock_was_right(staff: Api, product: Product, counted: int) -> None:
    assert staff.call("countStock", SELECTION, **fields(product, counted=counted))["replayed"] is False
    assert counts(product) == [counted - 10]


def test_a_count_below_what_orders_hold_writes_nothing_and_keeps_no_key(staff: Api, product: Product) -> None:
    selection = "productId requested available shortages { productId requested available path }"
    same = fields(product, counted=3)
    answer = refusal(staff, "countStock", "InsufficientStockError", selection, **same)
    shortage = {"productId": gid(product), "requested": RESERVED, "available": 3, "path": ["input", "counted"]}
    assert answer["shortages"] == [shortage]
    assert (answer["path"], answer["requested"], answer["available"]) == (["input", "counted"], RESERVED, 3)
    assert "3 were counted, and open orders hold 4" in answer["message"]
    assert not IdempotencyKey.objects.exists()
    assert counts(product) == []


def test_the_same_key_counts_once_and_another_input_is_a_conflict(staff: Api, product: Product) -> None:
    same = fields(product)
    staff.call("countStock", SELECTION, **same)
    stock.take({product.id: 8}, order_id=new_id())
    again = staff.call("countStock", SELECTION, **{**same, "idempotencyKey": same["idempotencyKey"].upper()})
    assert (again["replayed"], again["product"]["stock"]) == (True, 0)
    for change in ({"counted": 13}, {"note": "June"}, {"productId": gid(ProductFactory.create())}):
        answer = refusal(staff, "countStock", "IdempotencyConflictError", **{**same, **change})
        assert answer["path"] == ["input", "idempotencyKey"]
    assert counts(product) == [2]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("counted", -1, "TOO_SMALL"),
        ("counted", 100_000_001, "TOO_LARGE"),
        ("note", "  ", "REQUIRED"),
        ("note", "n" * 201, "TOO_LONG"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_field_that_breaks_a_rule_is_named(staff: Api, product: Product, field: str, value: Any, code: str) -> None:
    assert broken(staff, "countStock", **fields(product, **{field: value})) == {(f"input.{field}", code)}
    assert counts(product) == []


def test_all_problems_are_told_at_once(staff: Api, product: Product) -> None:
    assert problems(staff, "countStock", **fields(product, counted=-1, note="")) == {"input.counted", "input.note"}


def test_what_is_no_product_is_not_found(staff: Api, product: Product) -> None:
    answer = refusal(staff, "countStock", "NotFoundError", **fields(product, productId="garbage"))
    assert answer["path"] == ["input", "productId"]


@pytest.mark.django_db(transaction=True)
def test_the_same_call_at_once_is_done_once(staff: Api, product: Product) -> None:
    same = fields(product)
    answers = together(*[lambda: staff.call("countStock", SELECTION, **same)] * 3)
    assert sorted(answer["replayed"] for answer in answers) == [False, True, True]
    assert counts(product) == [2]
