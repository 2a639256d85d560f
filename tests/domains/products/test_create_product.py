"""Adding a product."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from domains.products.models import Product, StockMovement
from tests.api import Api, gid
from tests.domains.common.refusals import broken, problems
from tests.domains.common.together import together
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

GOOD = {"sku": "JUG-1", "name": "Blue Jug", "price": "12.50"}
SELECTION = """product { id sku slug name description stock active version price { amount currencyCode }
    category { id } }"""


def created(api: Api, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.call("createProduct", SELECTION, **{**GOOD, **fields})["product"]
    return answer


def test_a_product_needs_only_sku_name_and_price(staff: Api) -> None:
    product = created(staff)
    assert product == {
        "id": gid(Product.objects.get()),
        "sku": "JUG-1",
        "slug": "blue-jug",
        "name": "Blue Jug",
        "description": "",
        "stock": 0,
        "active": True,
        "version": 1,
        "price": {"amount": "12.50", "currencyCode": "GBP"},
        "category": None,
    }
    assert not StockMovement.objects.exists()


def test_every_field_may_be_given_and_the_first_pieces_are_in_the_ledger(staff: Api) -> None:
    category = CategoryFactory.create()
    product = created(
        staff,
        slug="jug",
        description=" Holds a litre. ",
        stock=7,
        active=False,
        categoryId=gid(category),
        name="  Jug ",
    )
    assert (product["slug"], product["name"], product["description"]) == ("jug", "Jug", "Holds a litre.")
    assert (product["stock"], product["active"], product["category"]) == (7, False, {"id": gid(category)})
    movement = StockMovement.objects.get()
    assert (movement.delta, movement.reason) == (7, "INITIAL")


def test_nulls_count_as_not_given(staff: Api) -> None:
    product = created(staff, slug=None, description=None, categoryId=None)
    assert (product["slug"], product["description"], product["category"]) == ("blue-jug", "", None)


def test_a_slug_is_made_from_the_name_and_made_unique(staff: Api) -> None:
    slugs = [created(staff, sku=f"S-{n}", name="Café Krug & Tasse")["slug"] for n in range(3)]
    assert slugs[0] == "cafe-krug-tasse"
    assert len(set(slugs)) == 3
    assert all(slug.startswith("cafe-krug-tasse-") for slug in slugs[1:])


def test_a_name_without_latin_letters_gets_a_slug_too(staff: Api) -> None:
    slugs = {created(staff, sku=f"S-{n}", name="茶壶")["slug"] for n in range(2)}
    assert len(slugs) == 2
    assert "" not in slugs


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sku", "", "REQUIRED"),
        ("sku", "  ", "REQUIRED"),
        ("sku", "s" * 65, "TOO_LONG"),
        ("sku", "TAKEN", "TAKEN"),
        ("name", "", "REQUIRED"),
        ("name", "n" * 201, "TOO_LONG"),
        ("price", "-0.01", "TOO_SMALL"),
        ("price", "0.001", "INVALID"),
        ("price", "10000000000.01", "TOO_LARGE"),
        ("slug", "blue jug", "INVALID"),
        ("slug", "krug-ü", "INVALID"),
        ("slug", "s" * 101, "TOO_LONG"),
        ("slug", "taken", "TAKEN"),
        ("description", "d" * 10_001, "TOO_LONG"),
        ("sku", "Taken", "TAKEN"),
        ("slug", "TAKEN", "TAKEN"),
        ("sku", "A\u200b1", "INVALID"),
        ("name", "two\nlines", "INVALID"),
        ("description", "bell\a", "INVALID"),
        ("stock", -1, "TOO_SMALL"),
        ("stock", 100_000_001, "TOO_LARGE"),
        ("categoryId", "garbage", "UNKNOWN"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_field_that_breaks_a_rule_is_named_and_nothing_is_added(
    staff: Api, field: str, value: Any, code: str
) -> None:
    ProductFactory.create(sku="TAKEN", slug="taken")
    assert broken(staff, "createProduct", **{**GOOD, field: value}) == {(f"input.{field}", code)}
    assert Product.objects.count() == 1


def test_a_price_that_the_provider_cannot_express_is_refused_when_it_is_written(staff: Api, settings: Settings) -> None:
    settings.STORE_CURRENCY, settings.PAYMENT_GATEWAY = "KWD", "stripe"
    assert broken(staff, "createProduct", **{**GOOD, "price": "1.235"}) == {("input.price", "INVALID")}
    assert created(staff, price="1.240")["price"]["amount"] == "1.240"


def test_the_id_of_something_else_is_no_shelf(staff: Api) -> None:
    wrong = gid(ProductFactory.create())
    assert broken(staff, "createProduct", **GOOD, categoryId=wrong) == {("input.categoryId", "UNKNOWN")}


def test_all_problems_are_told_at_once(staff: Api) -> None:
    fields = {"sku": "", "name": "", "price": "-1", "slug": "a b", "stock": -1, "categoryId": "x"}
    assert problems(staff, "createProduct", **fields) == {f"input.{field}" for field in fields}


def test_the_longest_values_are_accepted(staff: Api) -> None:
    product = created(
        staff, sku="s" * 64, name="n" * 200, description="d" * 10_000, slug="s" * 100, stock=100_000_000, price="1E+10"
    )
    assert product["price"]["amount"] == "10000000000.00"
    assert created(staff, sku="other", name="n" * 200)["slug"] == "n" * 100


@pytest.mark.django_db(transaction=True)
def test_of_two_products_added_at_once_with_one_sku_one_is_refused(staff: Api) -> None:
    call = lambda: staff.call("createProduct", "product { id }", **GOOD)["__typename"]  # noqa: E731
    assert sorted(together(call, call)) == ["CreateProductSuccess", "ValidationError"]
    assert Product.objects.count() == 1
