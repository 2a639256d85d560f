"""Exports of other shops are read for what they are."""

from __future__ import annotations

from domains.products.foreign import PRESETS, plain
from domains.products.importing import ParsedFile, parse_products

SHOPIFY = """\
Handle,Title,Body (HTML),Type,Published,Option1 Value,Option2 Value,Variant SKU,Variant Inventory Qty,Variant Price
throw,Wool Throw ,"<p>Warm &frac12; 130&nbsp;cm.</p><li>Wool</li><script>x()</script>",Home,true,Moss,Single,,12,65
throw,,,,,Moss,Double,,,95
throw,,,,,,,,,
throw,,,,,Rust/Red,Single,,-2,65
mug,Mug,,Kitchen,true,Default Title,,'00012,40,9.5
stool,Stool,,,false,Default Title,,,,0.00
"""
WOOCOMMERCE = """\
ID,Type,SKU,Name,Published,Description,Date sale price ends,Stock,Sale price,Regular price,Categories,Parent,\
Attribute 1 value(s)
7,variable,hood,Hoodie,1,Soft,,,,,"Clothing > Hoodies, New",,"Blue, Red"
8,variation,,"Hoodie - Blue",1,,,5,40,45,,hood,Blue
9,variation,hood-r,Hoodie,1,Red\\none,2031-01-01,,40,45,,id:7,Red
10,"simple, virtual",,Album,0,,,,,15,"Music\\, old",,Vinyl
11,grouped,all,All,1,,,,,,,,
12,external,far,Far,1,,,,,30,,,
"""


def read(text: str, preset: str) -> ParsedFile:
    return parse_products(text.splitlines(keepends=True), layout=PRESETS[preset])


def test_variants_of_shopify_are_products_with_a_sku_and_their_products_texts() -> None:
    parsed = read(SHOPIFY, "shopify")
    assert [(row.sku, row.name, row.price_minor, row.stock, row.active) for row in parsed.rows] == [
        ("throw-moss-single", "Wool Throw, Moss, Single", 6500, 12, True),
        ("throw-moss-double", "Wool Throw, Moss, Double", 9500, None, True),
        ("00012", "Mug", 950, 40, True),
        ("stool", "Stool", 0, None, False),
    ]
    assert {row.description for row in parsed.rows[:2]} == {"Warm ½ 130 cm.\nWool"}
    assert parsed.rows[1].category == "Home"
    assert parsed.others == 1
    [bad] = parsed.bad
    assert (bad.line, bad.reason) == (5, "stock '-2' is not a whole number of 0 to 100000000")
    assert (bad.cells or [])[1:4] == ["Wool Throw, Rust/Red, Single", "Warm ½ 130 cm.\nWool", "Home"]


def test_products_of_woocommerce_are_what_it_sells_at_the_price_of_today() -> None:
    parsed = read(WOOCOMMERCE, "woocommerce")
    assert [(row.sku, row.name, row.price_minor, row.stock, row.category) for row in parsed.rows] == [
        ("hood-blue", "Hoodie - Blue", 4000, 5, "Clothing > Hoodies"),
        ("hood-r", "Hoodie, Red", 4500, None, "Clothing > Hoodies"),
        ("album", "Album", 1500, None, "Music, old"),
    ]
    assert [row.description for row in parsed.rows] == ["Soft", "Red\none", ""]
    assert [row.active for row in parsed.rows] == [True, True, False]
    assert (parsed.others, parsed.bad) == (3, [])


def test_html_becomes_the_text_that_is_seen() -> None:
    assert plain("<div>One&shy;\n two<br/>3 &lt; 4</div><style>p{}</style><!-- x --> five") == "One two\n3 < 4\nfive"
    assert plain("<p>unclosed <b>tags") == "unclosed tags"
