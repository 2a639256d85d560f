"""Editing a product: what is absent stays, and nobody overwrites what they have not seen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.common.refusals import broken, problems, refusal
from tests.domains.common.together import together
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

FIELDS = ("name", "slug", "description", "price", "tax_rate", "active", "category_id", "stock", "sku")
SELECTION = "product { name slug description active version updatedAt price { amount } category { id } }"


@pytest.fixture
def product() -> Product:
    return ProductFactory.create(slug="jug", tax_rate=Decimal(20), updated_at=timezone.now())


def values(product: Product) -> dict[str, Any]:
    return {**Product.objects.values(*FIELDS).get(id=product.id)}


def updated(api: Api, product: Product, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.call("updateProduct", SELECTION, productId=gid(product), **fields)["product"]
    return answer


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("name", " Red Jug ", {"name": "Red Jug"}),
        ("sku", " JUG/2 ", {"sku": "JUG/2"}),
        ("slug", "red-jug", {"slug": "red-jug"}),
        ("description", "", {"description": ""}),
        ("price", "0", {"price": 0}),
        ("active", False, {"active": False}),
        ("categoryId", None, {"category_id": None}),
        ("taxRate", "5.5", {"tax_rate": Decimal("5.50")}),
        ("taxRate", "0", {"tax_rate": Decimal(0)}),
        ("taxRate", None, {"tax_rate": None}),
    ],
)
def test_a_field_changes_alone(staff: Api, product: Product, field: str, value: Any, kept: dict[str, Any]) -> None:
    before = values(product)
    assert updated(staff, product, **{field: value})["version"] == 2
    assert values(product) == {**before, **kept}


def test_a_sku_is_found_once_it_is_changed_and_not_by_the_one_before(staff: Api) -> None:
    product = ProductFactory.create(sku="JUG-1", name="Krug")
    assert updated(staff, product, sku="jug-1")["version"] == 2  # its own is not taken, however it is written
    updated(staff, product, sku="POT-7")
    query = """{ new: product(by: {sku: "POT-7"}) { id } old: product(by: {sku: "jug-1"}) { id }
        products(filter: {search: "pot 7"}) { nodes { id } } }"""
    mine = {"id": gid(product)}
    assert staff.data(query) == {"new": mine, "old": None, "products": {"nodes": [mine]}}
    assert staff.call("createProduct", "product { sku }", sku="JUG-1", name="Jug", price="1")["product"]["sku"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_same_sku_one_is_refused(staff: Api) -> None:
    rivals = zip(ProductFactory.create_batch(2), ("Wanted", "WANTED"), strict=True)
    calls = [partial(staff.call, "updateProduct", "product { id }", productId=gid(row), sku=sku) for row, sku in rivals]
    answers = together(*calls)
    assert sorted(answer["__typename"] for answer in answers) == ["UpdateProductSuccess", "ValidationError"]


def test_many_fields_change_at_once(staff: Api, product: Product) -> None:
    category = CategoryFactory.create()
    answer = updated(staff, product, name="Red Jug", price="20.00", active=False, categoryId=gid(category))
    assert (answer["name"], answer["price"]["amount"], answer["active"]) == ("Red Jug", "20.00", False)
    assert (answer["category"], answer["slug"], answer["version"]) == ({"id": gid(category)}, "jug", 2)


def test_a_change_is_dated_and_raises_the_version_each_time(staff: Api, product: Product) -> None:
    past = timezone.now() - timedelta(days=1)
    Product.objects.update(updated_at=past)
    assert [updated(staff, product, name=f"Jug {n}")["version"] for n in range(3)] == [2, 3, 4]
    product.refresh_from_db()
    assert (product.version, product.updated_at > past) == (4, True)


def test_a_product_keeps_its_own_slug(staff: Api, product: Product) -> None:
    assert updated(staff, product, slug="jug")["slug"] == "jug"


def test_an_edit_of_the_version_that_was_read_succeeds_and_of_an_older_one_is_stale(
    staff: Api, product: Product
) -> None:
    assert updated(staff, product, name="Red Jug", expectedVersion=1)["version"] == 2
    answer = refusal(
        staff,
        "updateProduct",
        "StaleObjectError",
        "currentVersion",
        productId=gid(product),
        name="Green Jug",
        expectedVersion=1,
    )
    assert (answer["code"], answer["currentVersion"]) == ("STALE_OBJECT", 2)
    assert answer["path"] == ["input", "expectedVersion"]
    assert values(product)["name"] == "Red Jug"
    assert updated(staff, product, name="Green Jug", expectedVersion=None)["version"] == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_who_read_the_same_version_one_is_told(staff: Api, product: Product) -> None:
    fields = {"productId": gid(product), "expectedVersion": 1, "name": "Red Jug"}
    call = lambda: staff.call("updateProduct", "product { version }", **fields)["__typename"]  # noqa: E731
    assert sorted(together(call, call)) == ["StaleObjectError", "UpdateProductSuccess"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_same_slug_one_is_refused(staff: Api) -> None:
    rivals = [gid(row) for row in ProductFactory.create_batch(2)]
    calls = [
        lambda id_=id_: staff.call("updateProduct", "product { id }", productId=id_, slug="wanted") for id_ in rivals
    ]
    kinds = sorted(answer["__typename"] for answer in together(*calls))
    assert kinds == ["UpdateProductSuccess", "ValidationError"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", ""),
        ("sku", "s" * 65),
        ("sku", "Taken"),
        ("sku", "A\u200b1"),
        ("name", ""),
        ("name", "n" * 201),
        ("slug", ""),
        ("slug", "a b"),
        ("slug", "taken"),
        ("description", "d" * 10_001),
        ("price", "-1"),
        ("price", "1.234"),
        ("taxRate", "-0.01"),
        ("taxRate", "100.01"),
        ("taxRate", "5.555"),
        ("categoryId", "garbage"),
        ("categoryId", ""),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_field_that_breaks_a_rule_is_named_and_nothing_changes(
    staff: Api, product: Product, field: str, value: Any
) -> None:
    ProductFactory.create(slug="taken", sku="TAKEN")
    before = values(product)
    fields = {"productId": gid(product), "active": False, field: value}
    assert problems(staff, "updateProduct", **fields) == {f"input.{field}"}
    assert values(product) == before


def test_what_is_no_product_is_not_found(staff: Api, product: Product) -> None:
    for wrong in ("garbage", "", gid(CategoryFactory.create())):
        answer = refusal(staff, "updateProduct", "NotFoundError", productId=wrong, name="")
        assert (answer["code"], answer["path"]) == ("NOT_FOUND", ["input", "productId"])


def test_nulls_where_a_value_is_needed_are_problems_of_their_fields(staff: Api, product: Product) -> None:
    query = "mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { __typename } }"
    for field in ("sku", "name", "price", "active"):
        fields = {"productId": gid(product), "slug": "not-written", field: None}
        assert broken(staff, "updateProduct", **fields) == {(f"input.{field}", "REQUIRED")}
        written = query.replace("($input: UpdateProductInput!)", "").replace(
            "$input", f'{{productId: "x", {field}: null}}'
        )
        assert staff.data(written) == {"updateProduct": {"__typename": "ValidationError"}}
