"""A replay through a real server: every fit invoice is one order, and no second replay makes another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from domains.accounts.models import User
from domains.orders.models import Order
from domains.products.models import Product
from tests.backend.test_production_settings import load
from tests.replay.management.commands.replay_orders import Command

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])

FILE = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
920001,72001,PAPER KITE,6.0,2031-07-01 09:00:00,2.95,42001.0,United Kingdom
920001,72002B,SPADE  AND BUCKET,1.0,2031-07-01 09:00:00,7.65,42001.0,United Kingdom
920001,POST,POSTAGE,1.0,2031-07-01 09:00:00,18.0,42001.0,United Kingdom
920002,72001,PAPER KITE,48.0,2031-07-01 09:30:00,2.55,42002.0,Spain
C920003,72001,PAPER KITE,-2.0,2031-07-01 09:45:00,2.95,42001.0,United Kingdom
920004,72001,PAPER KITE,3.0,2031-07-01 10:00:00,2.95,42001.0,United Kingdom
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "invoices.csv"
    path.write_text(FILE)
    return path


@pytest.fixture
def url(transactional_db: None) -> Iterator[str]:
    """The API over HTTP. Its threads are waited for, so that no connection of theirs outlives the test."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.daemon_threads = False
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}/graphql"
    server.shutdown()
    server.server_close()


def replay(file: Path, url: str, *arguments: str) -> str:
    out = StringIO()
    call_command(Command(), str(file), "--url", url, *arguments, stdout=out)
    return out.getvalue()


def test_each_fit_invoice_becomes_an_order_of_its_customer(file: Path, url: str) -> None:
    text = replay(file, url)
    assert "every total equal: yes" in text
    assert "stock as the file says, product by product: yes" in text
    orders = Order.objects.select_related("customer").order_by("total")
    assert [(order.customer.email, order.total, order.status) for order in orders] == [
        ("customer-42001@example.com", 885, "CONFIRMED"),
        ("customer-42001@example.com", 2535, "CONFIRMED"),
        ("customer-42002@example.com", 12240, "CONFIRMED"),
    ]


def test_each_price_of_a_stock_code_is_a_product_with_some_left_over(file: Path, url: str) -> None:
    replay(file, url)
    products = Product.objects.order_by("sku").values_list("sku", "name", "price", "stock")
    assert list(products) == [
        ("72001", "PAPER KITE", 295, 10),
        ("72001@2.55", "PAPER KITE", 255, 10),
        ("72002B", "SPADE AND BUCKET", 765, 10),
    ]


def test_customers_have_no_password_to_guess(file: Path, url: str) -> None:
    replay(file, url)
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_a_replay_that_was_broken_off_is_completed_and_nothing_is_placed_twice(file: Path, url: str) -> None:
    replay(file, url, "--limit", "2")
    assert Order.objects.count() == 2
    text = replay(file, url)
    assert Order.objects.count() == 3
    assert "1  placed now" in text
    assert "2  replayed" in text
    assert "every total equal: yes" in text


def test_a_difference_ends_with_status_1(file: Path, url: str) -> None:
    replay(file, url, "--limit", "1")
    Product.objects.update(active=False)
    out = StringIO()
    with pytest.raises(CommandError, match="differ"):
        call_command(Command(), str(file), "--url", url, stdout=out)
    assert "ProductUnavailableError: 920004" in out.getvalue()
    assert "every total equal: no, 1 differ: 920004" in out.getvalue()


def test_an_address_without_the_api_is_a_clear_error(file: Path, url: str) -> None:
    with pytest.raises(CommandError, match=r"no GraphQL reply|not JSON|no data"):
        replay(file, url.replace("/graphql", "/healthz"))
    assert not Product.objects.exists()


def test_a_file_without_the_columns_is_a_clear_error(tmp_path: Path, url: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="the header lacks InvoiceNo"):
        replay(path, url)


def test_a_checkout_has_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tests.replay" in load(monkeypatch, "local").INSTALLED_APPS
