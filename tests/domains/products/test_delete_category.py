"""Deleting a category: gone for everybody at once, out of its products' rows a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from domains.common.background import delivering
from domains.common.background.models import OutboxMessage
from domains.common.errors import ServiceUnavailableError
from domains.products import categories
from domains.products.bulk import ImportResult, import_products
from domains.products.importing import ProductRow
from domains.products.models import Category, Product
from tests.api import Api, gid
from tests.domains.common.refusals import broken, refusal
from tests.domains.common.together import elsewhere, locked_elsewhere, together
from tests.domains.orders.shop import somebody_waits_for_us
from tests.factories import CategoryFactory, ProductFactory
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {"sku": "NEW", "name": "New", "price": "1"}
EVERYWHERE = """query ($id: ID!, $ids: [ID!]!) {
    node(id: $id) { id } category(slug: "kitchen") { id } categories { id }
    products { nodes { category { id } } }
    in: products(filter: {categoryIds: $ids}) { nodes { id } totalCount } }"""
NOWHERE: dict[str, Any] = {
    "node": None,
    "category": None,
    "categories": [],
    "products": {"nodes": [{"category": None}] * 3},
    "in": {"nodes": [], "totalCount": 0},
}


@pytest.fixture
def category() -> Category:
    """With three products."""
    category = CategoryFactory.create(name="Kitchen", slug="kitchen")
    ProductFactory.create_batch(3, category=category)
    return category


def delete(api: Api, category: Category) -> dict[str, Any]:
    return api.call("deleteCategory", "categoryId", categoryId=gid(category))


def hide(category: Category) -> None:
    """As a deletion does, in the caller's transaction."""
    category.deleted, category.name = True, str(category.id)
    category.save(update_fields=["deleted", "name"])


@contextmanager
def beside(call: Callable[[], Any]) -> Iterator[Future[Any]]:
    """A transaction of ours, and a call that another thread makes meanwhile."""
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        yield threads.submit(elsewhere, call)


def do_the_rest() -> bool:
    return delivering.deliver(OutboxMessage.objects.get(topic=categories.EMPTY).id)


def test_it_is_gone_everywhere_at_once_and_the_rest_follows(staff: Api, nobody: Api, category: Category) -> None:
    assert delete(staff, category) == {"__typename": "DeleteCategorySuccess", "categoryId": gid(category)}
    shown = {"id": gid(category), "ids": [gid(category), gid(CategoryFactory.build())]}
    assert nobody.data(EVERYWHERE, shown) == staff.data(EVERYWHERE, shown) == NOWHERE
    assert do_the_rest()
    assert nobody.data(EVERYWHERE, shown) == NOWHERE
    assert not Category.objects.exists()
    assert Product.objects.filter(category=None, version=1).count() == 3


def test_what_is_no_category_any_more_is_not_found(staff: Api, category: Category) -> None:
    delete(staff, category)
    for wrong in (gid(category), "garbage", "", gid(Product.objects.all()[0])):
        answer = refusal(staff, "deleteCategory", "NotFoundError", categoryId=wrong)
        assert answer["path"] == ["input", "categoryId"]
    refusal(staff, "updateCategory", "NotFoundError", categoryId=gid(category), name="Cellar")
    fields = {"productId": gid(Product.objects.all()[0]), "categoryId": gid(category)}
    assert broken(staff, "updateProduct", **fields) == {("input.categoryId", "UNKNOWN")}


def test_its_name_and_slug_are_free_before_its_products_have_left(staff: Api, category: Category) -> None:
    delete(staff, category)
    answer = staff.call("createCategory", "category { slug }", name="Kitchen", slug="kitchen")
    assert answer["category"] == {"slug": "kitchen"}
    assert do_the_rest()
    assert Category.objects.get().name == "Kitchen"


def test_products_of_a_large_one_leave_in_short_turns_and_a_crash_between_two_is_made_good(
    staff: Api, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(categories, "BATCH", 1)
    monkeypatch.setattr(categories, "SECONDS", 0)
    stays = ProductFactory.create()
    delete(staff, category)
    assert [do_the_rest() for _ in range(4)] == [False, False, False, True]
    assert list(Category.objects.all()) == [stays.category]
    assert Product.objects.filter(category=None).count() == 3
    assert OutboxMessage.objects.get(topic=categories.EMPTY).failures == 0


def test_who_edits_a_product_meanwhile_hears_of_no_change(staff: Api, category: Category) -> None:
    product = Product.objects.all()[0]
    delete(staff, category)
    do_the_rest()
    fields = {"productId": gid(product), "name": "Pot", "expectedVersion": 1}
    assert staff.call("updateProduct", "product { version }", **fields)["product"] == {"version": 2}


def test_an_import_that_names_no_category_changes_nothing_of_a_product_that_has_lost_its_own(
    staff: Api, category: Category
) -> None:
    row = ProductRow("ROW", "Row", "", 100, 1, "", line=2)
    ProductFactory.create(sku="ROW", name="Row", description="", price=100, stock=1, category=category)
    delete(staff, category)
    assert import_products(rows=[row]) == ImportResult(unchanged=1)


def test_a_product_that_moves_to_another_category_at_the_same_moment_stays_there(
    staff: Api, category: Category
) -> None:
    other, product = CategoryFactory.create(), Product.objects.order_by("id")[0]
    delete(staff, category)
    with beside(do_the_rest) as done:
        Product.objects.filter(id=product.id).update(category=other)
        wait_until(somebody_waits_for_us, what="the batch waits for the product")
    assert done.result()
    assert list(Product.objects.filter(category=other)) == [product]
    assert list(Category.objects.all()) == [other]


def test_it_waits_for_a_product_that_is_joining_and_takes_it_out_again(staff: Api, category: Category) -> None:
    with beside(partial(delete, staff, category)) as deleted:
        categories.joined([category.id])
        wait_until(somebody_waits_for_us, what="the deletion waits for the product")
        ProductFactory.create(category=category)
    assert deleted.result()["__typename"] == "DeleteCategorySuccess"
    assert do_the_rest()
    assert Product.objects.filter(category=None).count() == 4


@pytest.mark.parametrize("way", ["createProduct", "updateProduct", "import"])
def test_what_joins_while_it_is_deleted_is_told_and_an_import_makes_it_anew(
    staff: Api, category: Category, way: str
) -> None:
    loose, fields = ProductFactory.create(category=None), {"categoryId": gid(category)}
    row = ProductRow("ROW", "Row", "", 100, 1, "Kitchen", line=2)
    calls: dict[str, Callable[[], Any]] = {
        "createProduct": partial(broken, staff, "createProduct", **NEW, **fields),
        "updateProduct": partial(broken, staff, "updateProduct", productId=gid(loose), **fields),
        "import": partial(import_products, rows=[row]),
    }
    with beside(calls[way]) as answer:
        Category.objects.filter(id=category.id).select_for_update().get()
        wait_until(somebody_waits_for_us, what="the product waits for the deletion")
        hide(category)
    assert answer.result() in ({("input.categoryId", "UNKNOWN")}, ImportResult(created=1, stock_moves=1))
    assert Product.objects.filter(category=category).count() == 3
    assert Category.objects.filter(deleted=False, products__sku="ROW").count() == (way == "import")


def test_nobody_gets_an_error_of_ours_whoever_is_first(staff: Api) -> None:
    for number in range(5):
        category, loose = CategoryFactory.create(name=f"Shelf {number}"), ProductFactory.create(category=None)
        row = ProductRow(f"ROW-{number}", "Row", "", 100, 1, category.name, line=2)
        fields = {"categoryId": gid(category)}
        made, edited, imported, _ = together(
            partial(staff.call, "createProduct", "product { id }", **{**NEW, "sku": f"NEW-{number}"}, **fields),
            partial(staff.call, "updateProduct", "product { id }", productId=gid(loose), **fields),
            partial(import_products, rows=[row]),
            partial(delete, staff, category),
        )
        assert made["__typename"] in ("CreateProductSuccess", "ValidationError")
        assert edited["__typename"] in ("UpdateProductSuccess", "ValidationError")
        assert imported.created == 1
        assert delivering.deliver(OutboxMessage.objects.get(topic=categories.EMPTY, done_at=None).id)
        assert not Category.objects.filter(id=category.id).exists()


def test_it_waits_for_whoever_is_putting_a_product_into_it_and_says_so_when_that_takes_long(
    staff: Api, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domains.common.data.transactions.LOCK_TIMEOUT", "20ms")
    with locked_elsewhere(Category.objects.filter(id=category.id)), pytest.raises(ServiceUnavailableError):
        categories.delete_category(category_id=category.id)
    assert delete(staff, category)["__typename"] == "DeleteCategorySuccess"


def test_of_two_who_delete_it_one_is_told(staff: Api, category: Category) -> None:
    call = lambda: delete(staff, category)["__typename"]  # noqa: E731
    assert sorted(together(call, call)) == ["DeleteCategorySuccess", "NotFoundError"]
    assert OutboxMessage.objects.filter(topic=categories.EMPTY).count() == 1
