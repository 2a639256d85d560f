"""Who gets what of the catalogue."""

from __future__ import annotations

from domains.accounts.models import User
from tests.api import gid
from tests.factories import CategoryFactory, ProductFactory
from tests.schema.tables import EVERYBODY, NO_STAFF, NOBODY, STAFF, Shown, Table

ROOTS: Table = {
    "product": ("by: {id: $product}", ("Product",) * 4),
    "products": ("", ("Product",) * 4),
    "category": ("slug: $slug", ("Category",) * 4),
    "categories": ("", ("Category",) * 4),
    "createProduct": (
        "sku: $text, name: $text, price: $price",
        (NOBODY, NO_STAFF, NO_STAFF, "CreateProductSuccess"),
    ),
    "updateProduct": ("productId: $product", (NOBODY, NO_STAFF, NO_STAFF, "UpdateProductSuccess")),
    "adjustStock": (
        "productId: $product, delta: 1, reason: $text, idempotencyKey: $key",
        (NOBODY, NO_STAFF, NO_STAFF, "AdjustStockSuccess"),
    ),
    "countStock": (
        "productId: $product, counted: 1, note: $text, idempotencyKey: $key",
        (NOBODY, NO_STAFF, NO_STAFF, "CountStockSuccess"),
    ),
    "createCategory": ("name: $text", (NOBODY, NO_STAFF, NO_STAFF, "CreateCategorySuccess")),
    "updateCategory": ("categoryId: $category", (NOBODY, NO_STAFF, NO_STAFF, "UpdateCategorySuccess")),
    "deleteCategory": ("categoryId: $category", (NOBODY, NO_STAFF, NO_STAFF, "DeleteCategorySuccess")),
}
NODES: Shown = {"Product": EVERYBODY, "Category": EVERYBODY, "StockMovement": STAFF}


def things(customer: User) -> dict[str, str]:
    product = ProductFactory.create()
    assert product.category
    category = product.category
    return {"product": gid(product), "category": gid(category), "slug": category.slug, "price": "1.50"}


def nodes(customer: User) -> dict[str, str]:
    product = ProductFactory.create()
    made = (product, CategoryFactory.create(), product.movements.get())
    return {type(row).__name__: gid(row) for row in made}
