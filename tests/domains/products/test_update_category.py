"""Editing a category: as a product is edited, under the rules of a new one."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from domains.products.models import Category
from tests.api import Api, gid
from tests.domains.common.refusals import broken, refusal
from tests.domains.common.together import together
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def category() -> Category:
    return CategoryFactory.create(name="Kitchen", slug="kitchen")


def updated(api: Api, category: Category, **fields: Any) -> dict[str, Any]:
    selection = "category { name slug version }"
    answer: dict[str, Any] = api.call("updateCategory", selection, categoryId=gid(category), **fields)["category"]
    return answer


def test_what_is_given_changes_and_the_version_rises_each_time(staff: Api, category: Category) -> None:
    assert updated(staff, category, name=" Cook's room ") == {"name": "Cook's room", "slug": "kitchen", "version": 2}
    assert updated(staff, category, slug="Cook") == {"name": "Cook's room", "slug": "cook", "version": 3}
    assert updated(staff, category, name="COOK'S ROOM", slug="cook")["version"] == 4  # its own are not taken
    assert staff.data('{ category(slug: "cook") { name version } categories { name } }') == {
        "category": {"name": "COOK'S ROOM", "version": 4},
        "categories": [{"name": "COOK'S ROOM"}],
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "REQUIRED"),
        ("name", "n" * 101, "TOO_LONG"),
        ("name", "TAKEN", "TAKEN"),
        ("name", None, "REQUIRED"),
        ("slug", "a b", "INVALID"),
        ("slug", "Taken", "TAKEN"),
        ("slug", None, "REQUIRED"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_and_nothing_changes(
    staff: Api, category: Category, field: str, value: Any, code: str
) -> None:
    CategoryFactory.create(name="Taken", slug="taken")
    assert broken(staff, "updateCategory", categoryId=gid(category), **{field: value}) == {(f"input.{field}", code)}
    assert Category.objects.values_list("name", "slug", "version").get(id=category.id) == ("Kitchen", "kitchen", 1)


def test_what_is_no_category_is_not_found(staff: Api) -> None:
    for wrong in ("garbage", "", gid(ProductFactory.create())):
        answer = refusal(staff, "updateCategory", "NotFoundError", categoryId=wrong, name="")
        assert answer["path"] == ["input", "categoryId"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_read_the_same_version_one_is_told(staff: Api, category: Category) -> None:
    fields = {"categoryId": gid(category), "expectedVersion": 1, "name": "Cellar"}
    call = lambda: staff.call("updateCategory", "category { version }", **fields)["__typename"]  # noqa: E731
    assert sorted(together(call, call)) == ["StaleObjectError", "UpdateCategorySuccess"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_same_name_one_is_refused(staff: Api) -> None:
    rivals = [gid(row) for row in CategoryFactory.create_batch(2)]
    calls = [partial(staff.call, "updateCategory", "category { id }", categoryId=id_, name="Cellar") for id_ in rivals]
    kinds = sorted(answer["__typename"] for answer in together(*calls))
    assert kinds == ["UpdateCategorySuccess", "ValidationError"]
