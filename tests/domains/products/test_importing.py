"""Reading products from CSV: each bad row is listed with its line and every reason."""

from __future__ import annotations

import lzma
from collections import Counter
from pathlib import Path

import pytest

from domains.common.data.csvfile import UnreadableFileError
from domains.products.importing import BadRow, ProductRow, parse_products, read_products

DEMO = Path(__file__).resolve().parents[3] / "domains" / "products" / "demo" / "catalogue.csv"
UNSEEN = "Must not have control characters, line breaks or characters that nobody sees"
AMOUNT = "a plain amount with at most 2 decimals"
HEADER = "sku,name,description,price,stock,category\n"


def bad_rows(text: str) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in parse_products(text.splitlines(keepends=True)).bad]


def test_a_row_is_read_with_its_price_in_minor_units() -> None:
    parsed = parse_products([HEADER, 'A-1, Blue Jug ,"Holds 1 litre, more or less",12.5,7,Kitchen\n'])
    assert parsed.bad == []
    assert parsed.rows == [ProductRow("A-1", "Blue Jug", "Holds 1 litre, more or less", 1250, 7, "Kitchen", line=2)]


def test_columns_come_in_any_order_and_others_are_ignored() -> None:
    parsed = parse_products(["Category,colour,stock,price,description,NAME,sku\n", "Garden,red,0,3,,Rake,R-1\n"])
    assert parsed.rows == [ProductRow("R-1", "Rake", "", 300, 0, "Garden", line=2)]


def test_a_given_stock_stands_for_a_missing_column() -> None:
    lines = ["sku,name,description,price,category\n", "R-1,Rake,,3.00,\n"]
    assert parse_products(lines, stock=12).rows[0].stock == 12
    with pytest.raises(UnreadableFileError, match="lacks stock"):
        parse_products(lines)


def test_every_bad_row_is_listed_with_its_line_and_all_its_reasons() -> None:
    text = HEADER + (
        "A-1,Jug,,2.50,3,Kitchen\n"
        ",Cup,,2.505,3,Kitchen\n"
        "\n"
        'A-2,Plate,"large\nflat",-1,many,Kitchen\n'
        "A-1,Jug again,,1.00,1,Kitchen\n"
        "A-3,Too short,,1.00\n"
        "A-4,Nul\0,,1.00,1,Kitchen\n"
    )
    assert bad_rows(text) == [
        (3, f"sku: Must have 1 to 64 characters; price '2.505' is not {AMOUNT}"),
        (5, f"price '-1' is not {AMOUNT}; stock 'many' is not a whole number of 0 to 100000000"),
        (7, "sku 'A-1' is on line 2 already"),
        (8, "4 cells, the header has 6"),
        (9, f"name: {UNSEEN}"),
    ]


@pytest.mark.parametrize("price", ["", "£2.50", "2,50", "1e3", "NaN", "2.", ".5", "٣", "-0", "1234567890123"])
def test_a_price_that_is_no_plain_amount_is_bad(price: str) -> None:
    assert len(bad_rows(f'{HEADER}A-1,Jug,,"{price}",1,Kitchen\n')) == 1


@pytest.mark.parametrize("stock", ["-1", "1.5", "100000001", "٣"])
def test_a_stock_that_is_no_count_is_bad(stock: str) -> None:
    assert len(bad_rows(f"{HEADER}A-1,Jug,,1.00,{stock},Kitchen\n")) == 1


def test_rows_of_nothing_but_separators_are_no_rows() -> None:
    parsed = parse_products([HEADER, "A-1,Jug,,1.00,1,Kitchen\n", ",,,,,\n", " ,\n"])
    assert (len(parsed.rows), parsed.bad) == (1, [])


def test_a_price_is_held_to_the_limit_of_the_api() -> None:
    assert bad_rows(f"{HEADER}A-1,Jug,,10000000000.00,1,Kitchen\n") == []
    assert bad_rows(f"{HEADER}A-1,Jug,,10000000000.01,1,Kitchen\n") == [(2, "price '10000000000.01' is too high")]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_where_no_comma_separates_the_columns_it_may_part_decimals(sign: str) -> None:
    text = sign.join(["A-1", "Jug, blue", "", "1.012,50", "", "Kitchen\n"])
    parsed = parse_products([HEADER.replace(",", sign), text])
    assert parsed.rows == [ProductRow("A-1", "Jug, blue", "", 101250, None, "Kitchen", line=2)]
    assert parsed.table.separator == sign


def test_a_code_that_a_spreadsheet_has_rounded_is_bad() -> None:
    assert len(bad_rows(f"{HEADER}1.05E+03,Jug,,1.00,1,Kitchen\n")) == 1


def test_twins_by_sight_in_one_file_are_told() -> None:
    text = f"{HEADER}A-1,Jug,,1.00,1,Kitchen\na-1,Jug,,1.00,1,KITCHEN\n"
    assert bad_rows(text) == [(3, "sku 'a-1' is on line 2 already")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_of_spreadsheets_are_found_out(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(f"{HEADER}A-1,Café ½ £3 “bowl”,,1.00,1,Küche\n".encode(encoding))
    assert [(row.name, row.category) for row in read_products(path).rows] == [("Café ½ £3 “bowl”", "Küche")]


def test_an_encoding_can_be_named_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(f"{HEADER}A-1,Łyżka,,1.00,1,\n".encode("cp1250"))
    assert read_products(path, encoding="cp1250").rows[0].name == "Łyżka"
    for encoding in ("utf-8", "no-such"):
        with pytest.raises(UnreadableFileError):
            read_products(path, encoding=encoding)


def test_broken_quoting_is_reported_where_it_begins() -> None:
    [(line, reason)] = bad_rows(f'{HEADER}A-1,Jug,,1.00,1,Kitchen\nA-2,"Cup,,1.00,1,Kitchen\nA-3,Pot,,1.00,1,Kitchen\n')
    assert line == 3
    assert "not readable as CSV" in reason


def test_a_damaged_row_of_a_file_in_utf8_is_bad(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    good = f"{HEADER}A-1,Café bowl,,1.00,1,Kitchen\n".encode()
    path.write_bytes(good + "A-2,Café cup,,1.00,1,Kitchen\n".encode("latin-1"))
    assert read_products(path).bad == [BadRow(3, "is not UTF-8")]


def test_a_compressed_file_and_one_with_a_byte_order_mark_read_alike(tmp_path: Path) -> None:
    text = "\ufeff" + HEADER + "A-1,Cafetière,,1.00,1,Kitchen\n"
    plain, packed = tmp_path / "products.csv", tmp_path / "products.csv.xz"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(lzma.compress(text.encode()))
    assert read_products(plain) == read_products(packed)
    assert read_products(plain).rows[0].name == "Cafetière"


@pytest.mark.parametrize("content", [b"", b"sku,name\nA-1,Jug\n", b"\xfd7zXZ\x00 not really"])
def test_a_file_without_a_usable_header_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    for name in ("products.csv", "products.csv.xz"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFileError):
            read_products(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="No such file"):
        read_products(tmp_path / "absent.csv")


def test_the_demo_catalogue_reads_without_a_bad_row() -> None:
    parsed = read_products(DEMO)
    assert parsed.bad == []
    assert len(parsed.rows) == 120
    assert len(Counter(row.category for row in parsed.rows)) == 8
    assert len({row.name for row in parsed.rows}) == len({row.description for row in parsed.rows}) == 120
    assert all(150 <= row.price_minor <= 18_000 for row in parsed.rows)
