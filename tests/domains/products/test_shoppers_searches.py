"""What shoppers type against the demo shop, and what they expect to see first."""

from __future__ import annotations

import pytest

from domains.products.seeds import demo
from tests.api import Api

pytestmark = pytest.mark.django_db

QUERY = """query ($text: String!) {
    products(first: 20, filter: {search: $text}, sort: {field: RELEVANCE}) { nodes { name } } }"""

EXPECTED = {
    "teapot": "Brown Glazed Teapot",
    "brown teapots": "Brown Glazed Teapot",
    "rolling pin": "Beech Rolling Pin",
    "cafetiere": "Glass Cafetière for Three",
    "CAFETIÈRE": "Glass Cafetière for Three",
    "butchers apron": "Butcher's Stripe Apron",
    "butcher\u2019s apron": "Butcher's Stripe Apron",
    "KIT-0012": "Butcher's Stripe Apron",
    "tab 0010": "Cow Creamer",
    "lit-0011": "Candle Snuffer",
    "cow": "Cow Creamer",
    "fox card": "Lino-Print Fox Card",
    "birthday card": "Letterpress Birthday Card",
    "gift tags": "Kraft Gift Tags",
    "soap": "Oatmeal and Honey Soap",
    "pillar candles": "Frosted Pillar Candle",
    "tea cosy": "Knitted Tea Cosy with Bobble",
    "tealights": "Unscented Tealights",
    "marbles": "Glass Marbles in a Drawstring Bag",
    "jigsaw": "Thousand-Piece Harbour Jigsaw",
    "fountain pen": "Piston Fountain Pen",
    "ink": "Oak Gall Ink",
    "notebook": "Cloth-Bound Notebook",
    "watering can": "Long-Reach Watering Can",
    "hot water bot": "Cable Knit Hot Water Bottle",
    "bath mat": "Duckboard Bath Mat",
    "bird feeder": "Glass Dome Bird Feeder",
    "secateurs": "Bypass Secateurs",
    "cast iron pan": "Cast Iron Griddle Pan",
    "egg cup": "Mango Wood Egg Cups",
    "cheese board": "Slate Cheese Board",
    "jug": "Salt-Glazed Serving Jug",
    "salt glazed jug": "Salt-Glazed Serving Jug",
    "night\u2013light": "Scallop Shell Night Light",
    "\u201cpaper star\u201d": "Paper Star Lantern",
    "kite": "Diamond Kite",
    "linen pillow": "Washed Linen Pillowcase",
    "advent": "Advent Calendar Town Hall",
    "pencil shar": "Brass Pencil Sharpener",
    "gloves": "Hide Leather Gauntlets",
}

# No text of the shop says that gauntlets are gloves; and a soap dish is as much of soap as a soap, and newer.
MISSES = {"gloves", "soap"}


def test_forty_shoppers_see_first_what_they_expect_but_for_the_known_misses(nobody: Api) -> None:
    demo()
    first = {text: next(iter(names(nobody, text)), None) for text in EXPECTED}
    assert len(EXPECTED) == 40
    assert {text for text, name in first.items() if name != EXPECTED[text]} == MISSES, first


def test_what_has_a_word_comes_before_what_begins_with_it_and_names_before_descriptions(nobody: Api) -> None:
    demo()
    found = names(nobody, "tea")
    whole, begun = {"Knitted Tea Cosy with Bobble", "Herb Garden Linen Tea Towel"}, found.index("Brown Glazed Teapot")
    assert set(found[:2]) == whole
    assert 2 <= begun < found.index("Duckboard Bath Mat")


def names(api: Api, text: str) -> list[str]:
    return [node["name"] for node in api.data(QUERY, {"text": text})["products"]["nodes"]]
