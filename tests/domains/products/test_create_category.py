"""Adding a category."""

from __future__ import annotations

from typing import Any

import pytest

from domains.products.models import Category
from tests.api import Api
from tests.domains.common.refusals import broken, problems
from tests.domains.common.together import together
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db


def slug(api: Api, **fields: Any) -> str:
    answer: str = api.call("createCategory", "category { slug }", **fields)["category"]["slug"]
    return answer


def test_a_shelf_gets_the_slug_given_or_one_made_from_its_name(staff: Api) -> None:
    assert slug(staff, name=" Kitchen & Bath ") == "kitchen-bath"
    assert slug(staff, name="Garden", slug="outside") == "outside"
    assert slug(staff, name="Cellar", slug=None) == "cellar"
    assert Category.objects.filter(name="Kitchen & Bath").exists()


def test_a_slug_that_is_taken_gets_another_end(staff: Api) -> None:
    CategoryFactory.create(name="Old", slug="kitchen")
    assert slug(staff, name="Kitchen").startswith("kitchen-")


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"name": ""}, "name", "REQUIRED"),
        ({"name": "n" * 101}, "name", "TOO_LONG"),
        ({"name": "Taken"}, "name", "TAKEN"),
        ({"name": "New", "slug": "a b"}, "slug", "INVALID"),
        ({"name": "New", "slug": "taken"}, "slug", "TAKEN"),
        ({"name": "New", "slug": "s" * 101}, "slug", "TOO_LONG"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_field_that_breaks_a_rule_is_named(staff: Api, fields: dict[str, str], path: str, code: str) -> None:
    CategoryFactory.create(name="Taken", slug="taken")
    assert broken(staff, "createCategory", **fields) == {(f"input.{path}", code)}
    assert Category.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_shelves_added_at_once_with_one_name_one_is_refused(staff: Api) -> None:
    call = lambda: staff.call("createCategory", "category { id }", name="Kitchen")["__typename"]  # noqa: E731
    assert sorted(together(call, call)) == ["CreateCategorySuccess", "ValidationError"]
    assert Category.objects.count() == 1


@pytest.mark.parametrize("twin", ["KITCHEN & bath", "Kitchen \u00a0 & Bath", "\uff2bitchen & Bath"], ids=ascii)
def test_a_name_that_looks_like_another_is_refused(staff: Api, twin: str) -> None:
    CategoryFactory.create(name="Kitchen & Bath")
    assert problems(staff, "createCategory", name=twin) == {"input.name"}


def test_a_slug_in_capitals_is_the_one_in_small_letters(staff: Api) -> None:
    assert slug(staff, name="Garden", slug="Out-Side") == "out-side"
    assert problems(staff, "createCategory", name="Yard", slug="OUT-side") == {"input.slug"}
    assert staff.data('{ category(slug: "Out-Side") { name } }')["category"] == {"name": "Garden"}
