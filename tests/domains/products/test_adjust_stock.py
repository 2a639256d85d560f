"""Correcting the stock: once for each key, never below zero, always in the ledger."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domains.common.data.models import IdempotencyKey
from domains.products.models import Product, StockMovement
from tests.api import Api, gid
from tests.domains.common.refusals import broken, problems, refusal
from tests.domains.common.together import together
from tests.factories import CategoryFactory, ProductFactory, StaffFactory

pytestmark = pytest.mark.django_db

SELECTION = "replayed product { stock version }"


@pytest.fixture
def product() -> Product:
    return ProductFactory.create(stock=10)


def fields(product: Product, **changes: Any) -> dict[str, Any]:
    usual = {"productId": gid(product), "delta": -3, "reason": "broken", "idempotencyKey": str(uuid4())}
    return {**usual, **changes}


def stock(product: Product) -> int:
    product.refresh_from_db()
    assert sum(product.movements.values_list("delta", flat=True)) == product.stock
    return product.stock


def test_a_correction_moves_the_stock_and_is_noted(staff: Api, product: Product) -> None:
    key = uuid4()
    answer = staff.call("adjustStock", SELECTION, **fields(product, reason=" broken ", idempotencyKey=key))
    assert (answer["replayed"], answer["product"]) == (False, {"stock": 7, "version": 1})
    movement = StockMovement.objects.get(reason="ADJUSTMENT")
    assert (movement.delta, movement.note, movement.reference) == (-3, "broken", key)
    assert stock(product) == 7


def test_the_same_key_does_it_once(staff: Api, product: Product) -> None:
    same = fields(product, delta=5)
    staff.call("adjustStock", SELECTION, **same)
    again = {**same, "idempotencyKey": same["idempotencyKey"].upper(), "reason": "broken  "}
    answer = staff.call("adjustStock", SELECTION, **again)
    assert (answer["replayed"], answer["product"]["stock"]) == (True, 15)
    assert stock(product) == 15


def test_a_replay_succeeds_also_when_the_stock_would_not_suffice_any_more(staff: Api, product: Product) -> None:
    same = fields(product, delta=-8)
    staff.call("adjustStock", SELECTION, **same)
    assert staff.call("adjustStock", SELECTION, **same)["replayed"] is True
    assert stock(product) == 2


@pytest.mark.parametrize("change", [{"delta": -4}, {"reason": "stolen"}], ids=str)
def test_a_key_with_another_input_is_a_conflict(staff: Api, product: Product, change: dict[str, Any]) -> None:
    same = fields(product)
    staff.call("adjustStock", SELECTION, **same)
    answer = refusal(staff, "adjustStock", "IdempotencyConflictError", **{**same, **change})
    assert (answer["code"], answer["path"]) == ("IDEMPOTENCY_CONFLICT", ["input", "idempotencyKey"])
    other = {**same, "productId": gid(ProductFactory.create())}
    refusal(staff, "adjustStock", "IdempotencyConflictError", **other)
    assert stock(product) == 7


def test_keys_belong_to_the_staff_member(staff: Api, product: Product) -> None:
    same = fields(product)
    for api in (staff, Api(StaffFactory.create())):
        assert api.call("adjustStock", SELECTION, **same)["replayed"] is False
    assert stock(product) == 4


def test_a_correction_below_zero_tells_what_there_is_and_keeps_no_key(staff: Api, product: Product) -> None:
    same = fields(product, delta=-11)
    selection = "productId requested available shortages { productId requested available path }"
    answer = refusal(staff, "adjustStock", "InsufficientStockError", selection, **same)
    shortage = {"productId": gid(product), "requested": 11, "available": 10, "path": ["input", "delta"]}
    assert answer["shortages"] == [shortage]
    assert (answer["code"], answer["path"]) == ("INSUFFICIENT_STOCK", ["input", "delta"])
    assert (answer["productId"], answer["requested"], answer["available"]) == (gid(product), 11, 10)
    assert not IdempotencyKey.objects.exists()
    assert stock(product) == 10
    assert staff.call("adjustStock", SELECTION, **{**same, "delta": -10})["product"]["stock"] == 0


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("delta", 0, "INVALID"),
        ("delta", 100_000_001, "TOO_LARGE"),
        ("delta", -100_000_001, "TOO_SMALL"),
        ("delta", 99_999_991, "TOO_LARGE"),
        ("reason", "", "REQUIRED"),
        ("reason", "   ", "REQUIRED"),
        ("reason", "r" * 201, "TOO_LONG"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_field_that_breaks_a_rule_is_named_and_keeps_no_key(
    staff: Api, product: Product, field: str, value: Any, code: str
) -> None:
    assert broken(staff, "adjustStock", **fields(product, **{field: value})) == {(f"input.{field}", code)}
    assert not IdempotencyKey.objects.exists()
    assert stock(product) == 10


def test_both_problems_are_told_at_once(staff: Api, product: Product) -> None:
    wrong = fields(product, delta=0, reason="")
    assert problems(staff, "adjustStock", **wrong) == {"input.delta", "input.reason"}


def test_what_is_no_product_is_not_found(staff: Api, product: Product) -> None:
    for wrong in ("garbage", gid(CategoryFactory.create())):
        answer = refusal(staff, "adjustStock", "NotFoundError", **fields(product, productId=wrong))
        assert answer["path"] == ["input", "productId"]


@pytest.mark.django_db(transaction=True)
def test_the_same_call_at_once_is_done_once(staff: Api, product: Product) -> None:
    same = fields(product)
    answers = together(*[lambda: staff.call("adjustStock", SELECTION, **same)] * 3)
    assert sorted(answer["replayed"] for answer in answers) == [False, True, True]
    assert {answer["product"]["stock"] for answer in answers} == {7}
    assert stock(product) == 7


@pytest.mark.django_db(transaction=True)
def test_corrections_at_once_never_go_below_zero(staff: Api, product: Product) -> None:
    calls = [lambda: staff.call("adjustStock", SELECTION, **fields(product, delta=-4)) for _ in range(4)]
    kinds = sorted(answer["__typename"] for answer in together(*calls))
    assert kinds == ["AdjustStockSuccess"] * 2 + ["InsufficientStockError"] * 2
    assert stock(product) == 2
