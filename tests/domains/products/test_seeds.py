"""The demo catalogue."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from domains.products import seeds
from domains.products.models import Product

HERE = "http://127.0.0.1:8511/demo/images"

pytestmark = pytest.mark.django_db


def test_the_demo_catalogue_comes_once_and_leaves_alone_what_was_changed() -> None:
    assert seeds.demo() == "120 products added, 0 were there"
    first = Product.objects.order_by("sku")[0]
    first.name, first.stock = "Edited", 1
    first.save()
    assert seeds.demo() == "0 products added, 120 were there"
    first.refresh_from_db()
    assert (first.name, first.stock) == ("Edited", 1)


def test_the_demo_shop_shows_images_at_the_server_that_runs_today_but_for_products_that_were_edited(
    settings: Settings,
) -> None:
    seeds.demo()
    assert not Product.objects.exclude(images=[]).exists()  # nobody said where a server is
    settings.DEMO_IMAGES_URL = "http://127.0.0.1:8000/demo/images"
    seeds.demo()
    edited = Product.objects.get(sku="KIT-0001")
    Product.objects.filter(id=edited.id).update(version=2)
    settings.DEMO_IMAGES_URL = HERE
    seeds.demo()
    shown = dict(Product.objects.values_list("sku", "images"))
    assert shown.pop("KIT-0001") == edited.images
    assert shown["KIT-0002"][1] == {
        "url": f"{HERE}/KIT-0002-side.svg",
        "alt": "Blue Rim Enamel Pie Dish, from the side",
    }
    assert {len(images) for images in shown.values()} == {0, 1, 2, 3}
    assert all(image["url"].startswith(HERE) for images in shown.values() for image in images)


def test_a_drawing_is_a_picture_that_pages_of_any_origin_may_show_and_keep(settings: Settings) -> None:
    client, settings.DEMO = Client(), True
    picture = client.get("/demo/images/KIT-0012-side.svg")
    root = ElementTree.fromstring(picture.content)  # our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("aria-label") == "Butcher's Stripe Apron, from the side"
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert picture.headers["Cache-Control"] == "public, max-age=86400"
    assert b"style" not in picture.content
    assert b"script" not in picture.content
    for absent in ("KIT-0012-back", "KIT-0012", "XYZ-0001-front"):
        assert client.get(f"/demo/images/{absent}.svg").status_code == 404
    settings.DEMO = False
    assert client.get("/demo/images/KIT-0012-side.svg").status_code == 404
