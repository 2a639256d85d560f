"""What must be in the shop before its invoices can be replayed: the products, the customers and their access tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from domains.accounts.models import User
from domains.accounts.services import open_session
from domains.accounts.tokens import Tokens
from domains.common.data.transactions import short_transaction
from domains.products.bulk import import_products
from domains.products.importing import MAX_LENGTHS, ProductRow
from domains.products.models import Product
from tests.replay.rules import InvoiceOrder, ProductKey

CATEGORY = "Replayed invoices"
MARGIN = 10  # what stays of each product when everything is sold
FRESH = timedelta(minutes=2)  # a token that ends sooner is not handed out


def stock_up(orders: Iterable[InvoiceOrder], skus: Mapping[ProductKey, str]) -> dict[str, Product]:
    """The products of the orders by SKU, made or updated, each with stock for all orders and MARGIN more."""
    quantity: Counter[ProductKey] = Counter()
    names: dict[ProductKey, str] = {}
    for order in orders:
        quantity.update(order.items)
        for line in order.lines:
            names[line.product] = names.get(line.product) or line.description
    import_products(rows=[_row(product, sku, names[product], quantity[product]) for product, sku in skus.items()])
    return {product.sku: product for product in Product.objects.filter(sku__in=skus.values())}


def _row(product: ProductKey, sku: str, name: str, quantity: int) -> ProductRow:
    code, price = product
    return ProductRow(sku, (name or code)[: MAX_LENGTHS["name"]], "", price, quantity + MARGIN, CATEGORY, line=0)


def stock_of(skus: Iterable[str]) -> dict[str, int]:
    """Quantity in stock now, by SKU."""
    return dict(Product.objects.filter(sku__in=skus).values_list("sku", "stock"))


class Customers:
    """The customers of the file. They have no usable password: hashing hundreds would take minutes and prove nothing.

    Their sessions are opened by the accounts service, as a login does after it has checked a password.
    """

    def __init__(self, names: Iterable[str]) -> None:
        emails = {name: email_of(name) for name in names}
        User.objects.bulk_create(
            (
                User(
                    email=email,
                    name=f"Customer {name}"[:150],
                    password=make_password(None),
                    email_verified_at=timezone.now(),  # or their mails would wait
                )
                for name, email in emails.items()
            ),
            ignore_conflicts=True,
        )
        users = User.objects.in_bulk(emails.values(), field_name="email")
        self._users = {name: users[email] for name, email in emails.items()}
        self._tokens: dict[str, Tokens] = {}

    def __len__(self) -> int:
        return len(self._users)

    def access_token(self, name: str) -> str:
        """One that is good for FRESH or longer."""
        known = self._tokens.get(name)
        if known is None or known.access_token_expires_at < timezone.now() + FRESH:
            with short_transaction():
                known = self._tokens[name] = open_session(user=self._users[name], user_agent="replay_orders")
        return known.access_token


def email_of(customer: str) -> str:
    """The same for the same customer of every file; what cannot stand in an address is spelt in hex."""
    safe = customer if customer.isascii() and customer.isalnum() else customer.encode(errors="replace").hex()
    return f"customer-{safe.lower()[:40]}@example.com"
