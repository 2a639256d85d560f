"""Scalars: what does not fit is refused before anything runs, whether written in the document or sent beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import Api
from tests.domains.common.refusals import refusal
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

BAD: dict[str, list[Any]] = {
    "Decimal": ["", "abc", "NaN", "-Infinity", "1e99", "1" * 41, True, "0x10", "1_5", " 1", "\u0661"],
    "DateTime": ["", "yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", 5,
                 "0001-01-01T00:00:00+23:00", "2016-W01-1T00:00:00Z", "20160101T000000Z", "2016-12-31T23:59Z",
                 "2016-12-31T23:59:59+0000"],
}  # fmt: skip
FIELDS = {"Decimal": "priceMin", "DateTime": "createdAfter"}
CASES = [(kind, value) for kind, values in BAD.items() for value in values]
ADJUST = """mutation ($key: UUID!) {
    adjustStock(input: {productId: "x", delta: 1, reason: "found", idempotencyKey: $key}) { __typename } }"""


def listing(kind: str) -> str:
    return f"query ($value: {kind}) {{ products(filter: {{{FIELDS[kind]}: $value}}) {{ totalCount }} }}"


def literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


@pytest.mark.parametrize("kind", BAD)
def test_of_a_bad_value_in_the_document_it_is_said_where_it_stands(nobody: Api, kind: str) -> None:
    answer = nobody.post(f"{{ products(filter: {{inStock: true,\n {FIELDS[kind]}: []}}) {{ totalCount }} }}")
    assert [error["locations"] for error in answer["errors"]] == [[{"line": 2, "column": len(FIELDS[kind]) + 4}]]


@pytest.mark.parametrize(("kind", "value"), CASES)
def test_a_bad_value_in_the_document_is_a_validation_error(nobody: Api, kind: str, value: Any) -> None:
    query = f"{{ products(filter: {{{FIELDS[kind]}: {literal(value)}}}) {{ totalCount }} }}"
    typed = kind == "Decimal" and isinstance(value, str)  # as people type it in a form
    assert nobody.code(query) == ("BAD_USER_INPUT" if typed else "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(("kind", "value"), CASES)
def test_a_bad_value_in_a_variable_is_bad_user_input(nobody: Api, kind: str, value: Any) -> None:
    answer = nobody.post(listing(kind), {"value": value})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "data" not in answer


@pytest.mark.parametrize("value", ["12.50", 12.5, 12, "0", "1E+1"])
def test_decimals_come_as_text_or_number(nobody: Api, value: Any) -> None:
    ProductFactory.create(price=1250)
    assert nobody.data(listing("Decimal"), {"value": value}) == {"products": {"totalCount": 1}}
    query = f"{{ products(filter: {{priceMin: {literal(value)}}}) {{ totalCount }} }}"
    assert nobody.data(query) == {"products": {"totalCount": 1}}


@pytest.mark.parametrize(
    "value",
    ["2000-01-31T12:00:00Z", "2000-01-31T12:00:00.5+05:30", "2000-01-31 12:00:00-08:00", "2000-01-31t12:00:00z"],
)
def test_moments_come_with_any_offset(nobody: Api, value: str) -> None:
    ProductFactory.create()
    assert nobody.data(listing("DateTime"), {"value": value}) == {"products": {"totalCount": 1}}


def test_moments_are_told_in_utc(nobody: Api) -> None:
    product = ProductFactory.create(created_at="2026-01-31T12:00:00+05:00")
    answer = nobody.data("query ($sku: String!) { product(by: {sku: $sku}) { createdAt } }", {"sku": product.sku})
    assert answer == {"product": {"createdAt": "2026-01-31T07:00:00+00:00"}}


@pytest.mark.parametrize("value", ["", "abc", 7, "0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5"])
def test_a_bad_uuid_is_refused(staff: Api, value: Any) -> None:
    assert staff.code(ADJUST, {"key": value}) == "BAD_USER_INPUT"
    written = ADJUST.replace("($key: UUID!)", "").replace("$key", literal(value))
    assert staff.code(written) == "GRAPHQL_VALIDATION_FAILED"
    assert [len(error["locations"]) for error in staff.post(written)["errors"]] == [1]


@pytest.mark.parametrize("value", ["0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f", "0192D3F1-7A68-7CC4-8F3E-0A1B2C3D4E5F"])
def test_a_uuid_is_read_in_any_case(staff: Api, value: str) -> None:
    fields = {"productId": "absent", "delta": 1, "reason": "found", "idempotencyKey": value}
    refusal(staff, "adjustStock", "NotFoundError", **fields)
