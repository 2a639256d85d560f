"""What is searched and sorted by is written with the row, whichever way the row is written."""

from __future__ import annotations

import pytest
from django.db.models.functions import Lower

from domains.common.data.models import new_id
from domains.products.bulk import import_products
from domains.products.importing import ProductRow
from domains.products.models import Category, Product
from tests.api import Api
from tests.benchmarks.seeding.rows import copy_in, moment
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

CREME, DECOMPOSED = "Cr\u00e8me", "Cre\u0300me"


def columns(sku: str = "S/1") -> tuple[str, str, str]:
    row = Product.objects.get(sku=sku)
    return row.name_key, row.title_words, row.description_words


def test_save_writes_them() -> None:
    product = ProductFactory.create(sku="S/1", name=CREME, description="Für Zwei.")
    assert columns() == ("creme", "creme s 1", "fur zwei")
    product.name = "Brûlée"
    product.save()
    assert columns() == ("brulee", "brulee s 1", "fur zwei")


def test_saving_some_columns_takes_along_what_is_folded_from_them() -> None:
    product = ProductFactory.create(sku="S/1", name="Tea", description="Hot")
    product.name, product.description = "Água", "not saved"
    product.save(update_fields=["name"])
    assert columns() == ("agua", "agua s 1", "hot")


def test_a_row_that_was_read_in_part_is_saved_with_them() -> None:
    ProductFactory.create(sku="S/1", name="Tea", description="Hot")
    product = Product.objects.only("id", "name", "version").get()
    product.name = "Água"
    product.save()
    assert columns() == ("agua", "agua s 1", "hot")


def test_many_rows_at_once_have_them_and_copied_ones_too() -> None:
    shared = {"description": "", "price": 1}
    Product.objects.bulk_create([Product(sku="S/1", slug="a", name=CREME, **shared)])
    row = {"id": new_id(), "created_at": moment(1), "updated_at": moment(1), "slug": "c", "sku": "S/3", "name": CREME}
    copy_in(Product, [{**row, **shared, "stock": 0, "active": True, "version": 1}])
    assert columns("S/1") == ("creme", "creme s 1", "")
    assert columns("S/3") == ("creme", "creme s 3", "")


def test_an_import_writes_them_for_new_and_for_known_products() -> None:
    for name, key in ((CREME, "creme"), ("Brûlée", "brulee")):
        import_products(rows=[ProductRow("S/1", name, "", 100, 1, "Süßes", line=2)])
        assert columns()[0] == key
    assert Category.objects.get().name_key == "susses"


def test_an_update_takes_along_what_is_folded_from_what_it_writes_alone() -> None:
    CategoryFactory.create(name="Tea")
    Category.objects.update(name="Süßes")
    assert Category.objects.get().name_key == "susses"


def test_an_update_that_would_leave_them_behind_is_refused() -> None:
    product = ProductFactory.create()
    for change in ({"name": "x"}, {"sku": "x"}):
        with pytest.raises(TypeError, match="title_words"):
            Product.objects.filter(id=product.id).update(**change)
    with pytest.raises(TypeError, match="name_key"):
        Category.objects.update(name=Lower("name"))
    assert Product.objects.filter(id=product.id).update(stock=5, active=False) == 1


def test_a_long_name_whose_key_is_longer_still_is_kept(staff: Api) -> None:
    """One sign of this is 18 when it is taken apart; an index entry of PostgreSQL has at most 2,704 bytes."""
    product = ProductFactory.create(name="\ufdfa" * 200)
    assert len(Product.objects.get(id=product.id).name_key) == 200


CREATE = """mutation ($input: CreateProductInput!) { createProduct(input: $input) {
    ... on CreateProductSuccess { product { id name description } } } }"""
UPDATE = """mutation ($input: UpdateProductInput!) { updateProduct(input: $input) {
    ... on UpdateProductSuccess { product { name } } } }"""


def test_text_is_kept_composed(staff: Api) -> None:
    made = staff.data(
        CREATE, {"input": {"sku": DECOMPOSED, "name": DECOMPOSED, "description": DECOMPOSED, "price": "1"}}
    )["createProduct"]["product"]
    assert (made["name"], made["description"]) == (CREME, CREME)
    edited = staff.data(UPDATE, {"input": {"productId": made["id"], "name": f"{DECOMPOSED} 2"}})
    assert edited["updateProduct"]["product"]["name"] == f"{CREME} 2"
    for sku in (CREME, DECOMPOSED):
        assert staff.data("query ($sku: String!) { product(by: {sku: $sku}) { id } }", {"sku": sku})["product"]
    created = staff.data(
        "mutation ($name: String!) { createCategory(input: {name: $name}) {"
        " ... on CreateCategorySuccess { category { name } } } }",
        {"name": DECOMPOSED},
    )
    assert created["createCategory"]["category"]["name"] == CREME


def test_names_are_in_alphabetical_order_whatever_their_case_and_accents(nobody: Api) -> None:
    for name in ("Zebra", "apple", "Éclair", "iPhone", "Banana", "east"):
        ProductFactory.create(name=name, category=CategoryFactory.create(name=name))
    expected = ["apple", "Banana", "east", "Éclair", "iPhone", "Zebra"]
    products = nobody.data("{ products(sort: {field: NAME}) { nodes { name } } }")["products"]["nodes"]
    last = "{ products(sort: {field: NAME, direction: DESC}, last: 6) { nodes { name } } }"
    backwards = nobody.data(last)["products"]
    categories = nobody.data("{ categories { name } }")["categories"]
    assert [row["name"] for row in products] == [row["name"] for row in categories] == expected
    assert [row["name"] for row in backwards["nodes"]] == expected[::-1]
