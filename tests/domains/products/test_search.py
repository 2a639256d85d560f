"""Searching: every word must occur, the last may be cut short, and no text breaks it."""

from __future__ import annotations

import pytest

from domains.products.models import Product
from tests.api import Api
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

QUERY = """query ($filter: ProductFilter) {
    products(filter: $filter, sort: {field: NAME}) { nodes { name } totalCount } }"""


@pytest.fixture(autouse=True)
def goods() -> None:
    ProductFactory.create(sku="JUG-12", name="Blue Jug", description="Holds a litre of O'Brien's finest.")
    ProductFactory.create(sku="LAMP-7", name="Desk lamp", description="Shines on blue books. 100% brass.")
    ProductFactory.create(sku="T1/B", name="Wool T-shirt", description="Für kühle Abende.")


def search(api: Api, text: str | None) -> set[str]:
    answer = api.data(QUERY, {"filter": {"search": text}})["products"]
    names = {node["name"] for node in answer["nodes"]}
    assert answer["totalCount"] == len(names)
    return names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("jug", {"Blue Jug"}),
        ("JUGS", {"Blue Jug"}),
        ("blue", {"Blue Jug", "Desk lamp"}),
        ("blue book", {"Desk lamp"}),
        ("book blue", {"Desk lamp"}),
        ("blue   litre!", {"Blue Jug"}),
        ("blue teapot", set()),
        ("shin", {"Desk lamp"}),
        ("blue shin", {"Desk lamp"}),
        ("blu lamp", set()),
        ("ju", {"Blue Jug"}),
        ("kühle", {"Wool T-shirt"}),
    ],
)
def test_all_words_must_occur_and_the_last_may_be_cut_short(nobody: Api, text: str, names: set[str]) -> None:
    assert search(nobody, text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("JUG-12", {"Blue Jug"}),
        ("jug-1", {"Blue Jug"}),
        ("LAMP-7", {"Desk lamp"}),
        ("LAMP-7 blue", {"Desk lamp"}),
        ("LAMP-12", set()),
        ("T1/B", {"Wool T-shirt"}),
        ("t-shirt", {"Wool T-shirt"}),
        ("wool t-shi", {"Wool T-shirt"}),
        ("blue-jug", {"Blue Jug"}),
        ("O'Brien", {"Blue Jug"}),
        ("100%", {"Desk lamp"}),
    ],
)
def test_words_with_signs_in_them_are_found_as_they_are_written(nobody: Api, text: str, names: set[str]) -> None:
    assert search(nobody, text) == names


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("Cr\u00e8me caramel", ["creme", "cr\u00e8me", "CREME", "cre\u0300me", "crem"]),
        ("bru\u0302le\u0301e", ["br\u00fbl\u00e9e", "bru\u0302le\u0301e", "brulee"]),
        ("Salt/Pepper Grinder", ["salt", "pepper", "pepper grinder", "salt/pepper", "pepper-grinder"]),
        ("Cup\u2014saucer", ["saucer", "cup-saucer", "cup\u2013saucer"]),
        ("\u201cBluebell\u201d mug", ["bluebell", '"bluebell"', "\u00abBLUEBELL\u00bb"]),
        ("Women\u2019s hat", ["women's", "women\u2019s hat", "womens", "WOMEN"]),
        ("Gr\u00f6\u00dfe \u00d8 \uff35\uff33", ["grosse", "gr\u00f6\u00dfe", "o us"]),
        ("no.5", ["5", "no 5", "NO.5"]),
    ],
)
def test_case_accents_and_typographic_marks_do_not_count(nobody: Api, name: str, texts: list[str]) -> None:
    ProductFactory.create(name=name)
    ProductFactory.create(name="Vase", description=name)
    for text in texts:
        assert search(nobody, text) >= {name, "Vase"}, text


@pytest.mark.parametrize("text", ["!", "'", "-- ;", "&|!():*<->", "\\", "''", "%", "   ", "\u200b", "_"])
def test_a_search_without_a_word_finds_nothing(nobody: Api, text: str) -> None:
    assert search(nobody, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE products_product; --",
        "jug') OR 1=1 --",
        "jug:* & !lamp",
        "jug\\",
        "jug'",
        "'jug",
        "jug':*",
        "a" * 200,
        "a-" * 100,
        "' " * 100,
        "jug " * 50,
        "\u0661 \u00b2 \u4e2d\u6587 \U0001f600",
    ],
)
def test_signs_and_statements_are_text_like_any_other(nobody: Api, text: str) -> None:
    search(nobody, text)
    assert Product.objects.count() == 3


@pytest.mark.parametrize("text", [None, ""])
def test_no_search_finds_everything(nobody: Api, text: str | None) -> None:
    assert len(search(nobody, text)) == 3


def test_a_search_is_at_most_two_hundred_characters(nobody: Api) -> None:
    assert nobody.code(QUERY, {"filter": {"search": "a" * 201}}) == "BAD_USER_INPUT"


@pytest.mark.parametrize("typed", ["c", "ca", "can", "cand", "candl", "candle", "candles", "organiz", "the can"])
def test_what_is_found_while_typing_does_not_vanish_at_a_word_without_meaning_or_at_a_stem(
    nobody: Api, typed: str
) -> None:
    ProductFactory.create(name="Candles", description="They organize the evening.")
    assert "Candles" in search(nobody, typed)
