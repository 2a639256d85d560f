"""Imports that cannot be made say why, and large ones leave the catalogue ready to be searched."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from domains.common.data import transactions
from domains.common.data.csvfile import UnreadableFileError
from domains.common.data.models import new_id
from domains.products import stock
from domains.products.bulk import FIRST
from domains.products.importing import MAX_LENGTHS, parse_products
from domains.products.management.commands.import_products import MANY
from domains.products.models import Product
from tests.domains.common.together import locked_elsewhere, together
from tests.domains.orders.shop import somebody_waits_for_us
from tests.factories import ProductFactory
from tests.processes import PATIENCE, wait_until

HEADER = "sku,name,description,price,stock,category\n"


def test_a_column_that_is_named_twice_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="the header names sku, price twice"):
        parse_products(["sku,sku,name,description,price,price,stock,category\n"])


@pytest.mark.parametrize(("position", "column"), [(0, "sku"), (1, "name"), (2, "description")])
def test_a_text_that_is_too_long_is_a_bad_row(position: int, column: str) -> None:
    cells = ["A-1", "Jug", "", "1.00", "1", ""]
    for length, number in ((MAX_LENGTHS[column], 0), (MAX_LENGTHS[column] + 1, 1)):
        cells[position] = "x" * length
        assert len(parse_products([HEADER, ",".join(cells)]).bad) == number


@pytest.mark.django_db(transaction=True)
def test_products_that_stay_locked_are_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", "20ms")
    ProductFactory.create(sku="A-1", name="Old")
    file = tmp_path / "products.csv"
    file.write_text(f"{HEADER}A-1,New,,1.00,1,\n")
    with locked_elsewhere(Product.objects.all()), pytest.raises(CommandError, match="nothing was written"):
        call_command("import_products", str(file))
    assert Product.objects.get().name == "Old"


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_broken_off_says_how_far_it_came_and_is_completed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", "20ms")
    ProductFactory.create(sku="LAST", name="Old")
    file = tmp_path / "products.csv"
    file.write_text(HEADER + "".join(f"A-{n},Jug {n},,1.00,1,\n" for n in range(FIRST)) + "LAST,New,,1.00,1,\n")
    told = f"{FIRST} of {FIRST + 1} rows are done; run it again"
    with locked_elsewhere(Product.objects.filter(sku="LAST")), pytest.raises(CommandError, match=told):
        call_command("import_products", str(file), stdout=StringIO(), stderr=StringIO())
    out = StringIO()
    call_command("import_products", str(file), stdout=out, stderr=StringIO())
    assert f"0 products added, 1 changed, {FIRST} as they were" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_count_that_orders_overtake_while_it_is_imported_is_told_and_writes_nothing(tmp_path: Path) -> None:
    product = ProductFactory.create(sku="A-1", stock=10)
    file = tmp_path / "products.csv"
    file.write_text(f"{HEADER}A-1,New,,1.00,5,\n")
    taken = threading.Event()

    def order() -> None:
        with transaction.atomic():
            stock.take({product.id: 6}, order_id=new_id())
            taken.set()
            wait_until(somebody_waits_for_us, what="the import has found nothing reserved, and waits for the product")

    told = re.escape("Broken off (line 2: stock 5 is less than the 6 that open orders hold): nothing was written")
    with ThreadPoolExecutor(1) as pool:
        ordering = pool.submit(together, order)
        assert taken.wait(PATIENCE)
        with pytest.raises(CommandError, match=told):
            call_command("import_products", str(file), stdout=StringIO())
        assert ordering.result() == [None]
    assert Product.objects.values_list("name", "stock", "reserved").get() == (product.name, 4, 6)


@pytest.mark.django_db(transaction=True)
def test_the_planner_knows_of_many_new_products_at_once(tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text(HEADER + "".join(f"A-{n},Jug {n},,1.00,1,\n" for n in range(MANY)))
    call_command("import_products", str(file), stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'products_product'")
        assert cursor.fetchone() == (MANY,)
