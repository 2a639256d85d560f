"""The import makes the catalogue agree with the file; with a bad row it writes nothing at all."""

from __future__ import annotations

import lzma
import threading
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import CharField, Sum
from django.test.utils import CaptureQueriesContext

from domains.common.data.models import new_id
from domains.products import stock
from domains.products.bulk import import_products
from domains.products.importing import MAX_LENGTHS, ProductRow
from domains.products.models import Category, Product, StockMovement
from domains.products.services import MAX_DESCRIPTION_CHARACTERS
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "sku,name,description,price,stock,category\n"
GOODS = (
    HEADER + "JUG-1,Blue Jug,Holds a litre,12.50,7,Kitchen\nRAK-1,Ash Rake,,24.00,0,Garden\nTAG-1,Gift Tag,,1.50,90,\n"
)


def run(path: Path, content: str, *arguments: str) -> str:
    path.write_text(content)
    out = StringIO()
    call_command("import_products", str(path), *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


def test_products_come_in_with_their_price_category_and_stock(file: Path) -> None:
    assert "3 products added" in run(file, GOODS)
    jug = Product.objects.select_related("category").get(sku="JUG-1")
    assert (jug.slug, jug.name, jug.price, jug.stock, jug.version) == ("blue-jug", "Blue Jug", 1250, 7, 1)
    assert jug.category is not None
    assert (jug.category.name, jug.category.slug) == ("Kitchen", "kitchen")
    assert Product.objects.get(sku="TAG-1").category is None


def test_what_is_sold_stays_sold_whoever_counts_the_shelf(file: Path) -> None:
    cup = ProductFactory.create(stock=10, sku="CUP", name="Cup", description="", price=1_000)
    stock.take({cup.id: 4}, order_id=new_id())
    run(file, HEADER + "CUP,Cup,,10.00,10,\n")
    with pytest.raises(CommandError, match="1 of 2 rows are bad"):
        run(file, HEADER + "CUP,Cup,,10.00,3,\nMUG,Mug,,10.00,1,\n")
    assert "1 of 2 rows are bad" in run(file, file.read_text(), "--rejects", str(rejects := file.with_name("bad.csv")))
    assert "CUP,Cup,,10.00,3,,2,stock 3 is less than the 4 that open orders hold" in rejects.read_text()
    stock.send({cup.id: 4})
    assert Product.objects.values_list("stock", "reserved").get(sku="CUP") == (6, 0)


def test_products_stand_in_the_order_of_the_file(file: Path) -> None:
    run(file, GOODS)
    assert list(Product.objects.order_by("created_at", "id").values_list("sku", flat=True)) == [
        "JUG-1",
        "RAK-1",
        "TAG-1",
    ]


def test_the_ledger_adds_up_to_the_stock(file: Path) -> None:
    run(file, GOODS)
    run(file, GOODS.replace(",7,", ",3,").replace(",0,", ",5,"))
    booked = Product.objects.annotate(booked=Sum("movements__delta")).values_list("booked", "stock")
    assert all(total == stock for total, stock in booked)
    assert set(StockMovement.objects.values_list("reason", flat=True)) == {"IMPORT"}
    assert list(StockMovement.objects.filter(product__sku="JUG-1").values_list("delta", flat=True)) == [7, -4]


def test_the_same_file_again_changes_nothing(file: Path) -> None:
    run(file, GOODS)
    before = list(Product.objects.order_by("sku").values())
    assert "0 products added, 0 changed, 3 as they were; the stock of 0 moved" in run(file, GOODS)
    assert list(Product.objects.order_by("sku").values()) == before


def test_a_known_good_is_edited_and_keeps_its_address(file: Path) -> None:
    run(file, GOODS)
    old = Product.objects.get(sku="JUG-1")
    Product.objects.filter(sku="JUG-1").update(active=False)
    assert "0 products added, 1 changed, 2 as they were" in run(file, GOODS.replace("Blue Jug", "Sea Jug"))
    new = Product.objects.get(sku="JUG-1")
    assert (new.id, new.slug, new.active, new.created_at) == (old.id, old.slug, False, old.created_at)
    assert (new.name, new.version) == ("Sea Jug", 2)
    assert new.updated_at > old.updated_at


def test_a_movement_of_stock_is_no_edit(file: Path) -> None:
    run(file, GOODS)
    run(file, GOODS.replace(",90,", ",80,"))
    tag = Product.objects.get(sku="TAG-1")
    assert (tag.stock, tag.version) == (80, 1)


def test_products_of_one_name_get_different_addresses(file: Path) -> None:
    run(file, HEADER + "A-1,Mug,,1.00,1,Mug\nA-2,Mug,,1.00,1,Mug\nA-3,***,,1.00,1,\n")
    assert len(set(Product.objects.values_list("slug", flat=True))) == 3
    assert "" not in Product.objects.values_list("slug", flat=True)


def test_a_given_stock_holds_for_all(file: Path) -> None:
    run(file, "sku,name,description,price,category\nA-1,Mug,,1.00,\nA-2,Cup,,1.00,\n", "--stock", "40")
    assert list(Product.objects.values_list("stock", flat=True)) == [40, 40]


def test_one_bad_row_and_nothing_is_written(file: Path) -> None:
    run(file, GOODS)
    before = list(Product.objects.order_by("sku").values())
    file.write_text(GOODS.replace("12.50", "99.00") + "\nNEW-1,New,,free,1,Newness\nNEW-2,,,1.00,1,Newness\n")
    complaints = StringIO()
    with pytest.raises(CommandError, match="2 of 5 rows are bad; nothing was imported") as refused:
        call_command("import_products", str(file), stderr=complaints)
    assert refused.value.returncode == 1
    assert "line 6: price 'free'" in complaints.getvalue()
    assert "line 7: name: Must have" in complaints.getvalue()
    assert list(Product.objects.order_by("sku").values()) == before
    assert not Category.objects.filter(name="Newness").exists()


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "products.csv.xz"
    path.write_bytes(lzma.compress(GOODS.encode()))
    call_command("import_products", str(path), stdout=StringIO())
    assert Product.objects.count() == 3


def test_a_blank_count_leaves_the_stock_alone(file: Path) -> None:
    run(file, GOODS)
    assert "2 changed" in run(file, HEADER + "jug-1,Blue Jug,,13.00,,KITCHEN\nNEW,New,,1.00,,\nRAK-1,Rake,,1.00,3,\n")
    assert dict(Product.objects.values_list("sku", "stock")) == {"JUG-1": 7, "RAK-1": 3, "TAG-1": 90, "NEW": 0}
    assert Category.objects.get(products__sku="JUG-1").name == "Kitchen"  # looks like KITCHEN


def test_a_tax_rate_is_taken_from_its_column_and_a_blank_one_left_alone(file: Path) -> None:
    def rates() -> list[Decimal | None]:
        return list(Product.objects.order_by("sku").values_list("tax_rate", flat=True))

    header = "sku,name,description,price,stock,category,tax_rate\n"
    run(file, header + "A-1,Jug,,1.00,1,,5.5\nA-2,Cup,,1.00,1,,\nA-3,Pot,,1.00,1,,0\n")
    assert rates() == [Decimal("5.50"), None, Decimal(0)]
    assert "3 as they were" in run(file, HEADER + "A-1,Jug,,1.00,1,\nA-2,Cup,,1.00,1,\nA-3,Pot,,1.00,1,\n")
    again = header + "A-1,Jug,,1.00,1,,\nA-2,Cup,,1.00,1,,100\nA-3,Pot,,1.00,1,,0.00\n"
    assert "1 changed, 2 as they were" in run(file, again)
    assert rates() == [Decimal("5.50"), Decimal(100), Decimal(0)]
    for wrong in ("-1", "100.01", "5.555", "5%", '"5,5"'):
        with pytest.raises(CommandError, match="1 of 1 rows are bad"):
            run(file, f"{header}A-1,Jug,,1.00,1,,{wrong}\n")
    run(file, header.replace(",", ";") + "A-1;Jug;;1,00;1;;7,5\n")
    assert rates()[0] == Decimal("7.50")


def test_images_are_taken_from_their_column_and_a_blank_one_leaves_them_alone(file: Path) -> None:
    def images() -> list[tuple[str, str]]:
        return [(image["url"], image["alt"]) for image in Product.objects.get().images]

    def row(urls: str, name: str = "Jug") -> str:
        return f'sku,name,description,price,stock,category,images\nA-1,{name},,1.00,1,,"{urls}"\n'

    front, side = "https://a.example/front.jpg", "https://a.example/side.jpg?size=1,2"
    run(file, row(front))
    assert images() == [(front, "Jug")]
    Product.objects.update(images=[{"url": front, "alt": "A blue jug"}])
    for same in (row(front), row(" "), HEADER + "A-1,Jug,,1.00,1,\n"):
        assert "1 as they were" in run(file, same)
    for urls in (f"{side} {front}", f"{side}|{front}", f" {side}, {front} "):
        run(file, row(urls, name="Pot"))
        assert images() == [(side, "Pot"), (front, "A blue jug")]
    assert Product.objects.get().version == 2
    for wrong in ("http://a.example/b.jpg", "side.jpg", f"{front} " * 21):
        with pytest.raises(CommandError, match="1 of 1 rows are bad"):
            run(file, row(wrong))


def test_a_dry_run_says_the_same_and_writes_nothing(file: Path) -> None:
    run(file, GOODS)
    before = list(Product.objects.values())
    changed = GOODS.replace("12.50", "13.00").replace(",90,", ",80,").replace("RAK-1", "RAK-2").replace("Garden", "New")
    dry = run(file, changed, "--dry-run").splitlines()[1]
    assert (list(Product.objects.values()), Category.objects.count()) == (before, 2)
    assert dry == "1 products added, 1 changed, 1 as they were; the stock of 1 moved."
    assert run(file, changed).splitlines()[1] == dry


def test_rejects_go_into_a_file_that_can_be_mended_and_imported(file: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    run(file, f"{GOODS}NEW-1,Neu,,free,1,\n,No code,,1.00,1,\n", "--rejects", str(rejects))
    assert Product.objects.count() == 3
    text = rejects.read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].startswith("NEW-1,Neu,,free,1,,5,price 'free' is not")
    run(rejects, text.replace("free", "1.00").replace("\n,No", "\nNEW-2,No"))
    assert Product.objects.count() == 5
    with pytest.raises(CommandError, match="nothing was imported"):  # what follows a broken quote is in neither
        run(file, f'{GOODS}NEW-3,"New,,1.00,1,\n', "--rejects", str(rejects))


def test_the_file_may_call_columns_what_it_likes(file: Path) -> None:
    foreign = "Artikel;Bezeichnung;Text;Preis;Bestand;Gruppe\n00104;Schürze;Leinen;28,50;7;Küche\n"
    names = ["Artikel=sku", "bezeichnung=name", "Text=description", "Preis=price", "Bestand=stock", "Gruppe=category"]
    with pytest.raises(CommandError, match=r"lacks sku, .*; it has 'Artikel', .*separated by ';'"):
        run(file, foreign)
    run(file, foreign, *(part for name in names for part in ("--map", name)))
    assert Product.objects.values_list("sku", "name", "price", "stock").get() == ("00104", "Schürze", 2850, 7)


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_products", str(tmp_path / "absent.csv"))


def product_rows(number: int, *, price: int = 100, stock: int = 1) -> list[ProductRow]:
    return [ProductRow(f"N-{n:05}", f"Product {n}", "", price, stock, f"Category {n % 9}", n) for n in range(number)]


def test_the_number_of_statements_does_not_grow_with_the_rows() -> None:
    import_products(rows=product_rows(450))
    with CaptureQueriesContext(connection) as few:
        import_products(rows=product_rows(9, price=200, stock=2))
    with CaptureQueriesContext(connection) as many:
        import_products(rows=product_rows(450, price=300, stock=3))
    assert len(many) == len(few)


def test_two_imports_of_the_same_products_at_once_write_them_once() -> None:
    together = threading.Barrier(2)

    def one() -> None:
        try:
            together.wait()
            import_products(rows=product_rows(50))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Product.objects.count() == 50
    assert StockMovement.objects.count() == 50


def test_the_file_is_held_to_the_limits_of_the_catalogue() -> None:
    columns = {"sku": Product, "name": Product, "category": Category}
    for column, model in columns.items():
        field = model._meta.get_field("name" if model is Category else column)
        assert isinstance(field, CharField)
        assert field.max_length == MAX_LENGTHS[column]
    assert MAX_LENGTHS["description"] == MAX_DESCRIPTION_CHARACTERS
