"""Images of products: in the order given, at https URLs, and read with their rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from domains.accounts.models import User
from domains.products.images import MAX_IMAGES
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.common.refusals import broken
from tests.factories import ProductFactory
from tests.history import make_orders

pytestmark = pytest.mark.django_db

FRONT = {"url": "https://images.example.com/jug.jpg?w=800&fit=crop", "alt": "A blue jug"}
SIDE = {"url": "HTTPS://images.example.com:8443/krüge/side.png#left", "alt": ""}
SELECTION = "product { id version images { url alt } }"
NEW = {"sku": "JUG-1", "name": "Jug", "price": "1"}


def updated(api: Api, product: Product, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.call("updateProduct", SELECTION, productId=gid(product), **fields)["product"]
    return answer


def test_a_new_product_has_the_images_given_in_their_order_or_none(staff: Api) -> None:
    product = staff.call("createProduct", SELECTION, **NEW, images=[FRONT, SIDE])["product"]
    assert (product["images"], product["version"]) == ([FRONT, SIDE], 1)
    plain = staff.call("createProduct", SELECTION, **{**NEW, "sku": "JUG-2"})["product"]
    assert plain["images"] == []


def test_an_edit_replaces_the_whole_list_empties_it_or_leaves_it(staff: Api) -> None:
    product = ProductFactory.create(images=[FRONT])
    assert updated(staff, product, images=[SIDE, FRONT]) == {"id": gid(product), "version": 2, "images": [SIDE, FRONT]}
    assert updated(staff, product, name="Jug")["images"] == [SIDE, FRONT]
    assert updated(staff, product, images=[])["images"] == []


@pytest.mark.parametrize(
    ("images", "path", "code"),
    [
        ([FRONT, {**SIDE, "url": ""}], "images.1.url", "REQUIRED"),
        ([{**SIDE, "url": "http://images.example.com/a.jpg"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": "//images.example.com/a.jpg"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": "data:image/png;base64,AAAA"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": "https:///a.jpg"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": "https://images.example.com@evil.example/a.jpg"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": "https://me:secret@images.example.com/a.jpg"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": "https://images.example.com/a\n.jpg"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": "https://images.example.com/a b.jpg"}], "images.0.url", "INVALID"),
        ([{**SIDE, "url": f"https://a.example/{'u' * 1983}"}], "images.0.url", "TOO_LONG"),
        ([{**SIDE, "alt": "a" * 201}], "images.0.alt", "TOO_LONG"),
        ([{**SIDE, "alt": "bell\a"}], "images.0.alt", "INVALID"),
        ([SIDE] * (MAX_IMAGES + 1), "images", "TOO_LONG"),
        ([SIDE, {"url": None, "alt": ""}], "images.1.url", "REQUIRED"),
        ([{**SIDE, "alt": None}], "images.0.alt", "REQUIRED"),
        ([None], "images.0", "REQUIRED"),
        (None, "images", "REQUIRED"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_image_that_breaks_a_rule_is_named_and_nothing_changes(
    staff: Api, images: Any, path: str, code: str
) -> None:
    product = ProductFactory.create(images=[FRONT])
    assert broken(staff, "createProduct", **NEW, images=images) == {(f"input.{path}", code)}
    assert broken(staff, "updateProduct", productId=gid(product), images=images) == {(f"input.{path}", code)}
    assert Product.objects.values_list("images", "version").get() == ([FRONT], 1)


def test_every_problem_of_the_images_is_told_with_those_of_other_fields(staff: Api) -> None:
    images = [{"url": "x", "alt": "a" * 201}, FRONT, {"url": "y", "alt": ""}]
    paths = {"images.0.url", "images.0.alt", "images.2.url", "name"}
    assert {path for path, _ in broken(staff, "createProduct", **{**NEW, "name": ""}, images=images)} == {
        f"input.{path}" for path in paths
    }


def test_the_longest_list_and_texts_are_accepted(staff: Api) -> None:
    images = [{"url": f"https://a.example/{'u' * 1982}", "alt": "a" * 200}] * MAX_IMAGES
    assert updated(staff, ProductFactory.create(), images=images)["images"] == images


def test_images_that_a_product_has_already_may_stay(staff: Api) -> None:
    """Those of the demo shop are not at https; whoever adds one sends them back."""
    demo = {"url": "http://127.0.0.1:8000/demo/images/JUG.svg", "alt": "Jug"}
    product = ProductFactory.create(images=[demo])
    assert updated(staff, product, images=[demo, FRONT])["images"] == [demo, FRONT]


def test_images_cost_no_statement_on_any_way_to_a_product(customer: User, api: Api) -> None:
    make_orders(customer, 2, lines=2)
    Product.objects.update(images=[FRONT, SIDE])
    images = "images { __typename where: url url alt }"
    shown = [{"__typename": "ProductImage", "where": image["url"], **image} for image in (FRONT, SIDE)]
    for query, path in (
        ("{ products { nodes { name %s } } }", ["products", "nodes", 0]),
        ("{ orders { nodes { lines { product { name %s } } } } }", ["orders", "nodes", 0, "lines", 0, "product"]),
    ):
        with CaptureQueriesContext(connection) as without:
            api.data(query % "")
        with CaptureQueriesContext(connection) as with_images:
            answer: Any = api.data(query % images)
        for key in path:
            answer = answer[key]
        assert answer["images"] == shown
        assert len(with_images) == len(without)
