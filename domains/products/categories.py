"""The rules of categories. All of them are for staff; the caller has checked that.

A category that is deleted is hidden at once: no list shows it, its name is free, no product joins it, and products that
are still in it show none. They leave it in the background, and then its row goes.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any
from uuid import UUID

from domains.common.background import outbox
from domains.common.data.models import NO_ID
from domains.common.data.prepared import fetch_all, fetch_one
from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import FieldErrorCode, NotFoundError, StaleObjectError
from domains.common.validation import Problems
from domains.products.models import Category, unique_key
from domains.products.slugs import checked_slug, free_slugs

EMPTY = "products.empty_category"  # outbox topic; the key is the category's id
BATCH = 500  # products that leave it in one transaction, and are locked meanwhile
SECONDS = 10.0  # of one call of `empty_category`: other work takes its turns in between

# Whoever deletes a category waits for these locks, so that no product joins it afterwards.
_JOIN = "SELECT id FROM products_category WHERE id = ANY(%s) AND NOT deleted FOR KEY SHARE"
# Along an index, from where the batch before ended; those of a batch are locked in id order, as carts lock them.
_LEAVE = """WITH batch AS (
    SELECT id, created_at FROM products_product
    WHERE category_id = %s AND (created_at, id) > (%s::timestamptz, %s::uuid) ORDER BY created_at, id LIMIT %s
), locked AS (
    SELECT id FROM products_product JOIN batch USING (id) ORDER BY id FOR NO KEY UPDATE OF products_product
), moved AS (
    UPDATE products_product AS product SET category_id = NULL FROM locked
    WHERE product.id = locked.id AND category_id = %s
) SELECT created_at, id FROM batch ORDER BY created_at DESC, id DESC LIMIT 1"""


def joined(ids: Collection[UUID]) -> set[UUID]:
    """Those of these categories that there are. They cannot be deleted before the caller's transaction has ended."""
    return {id_ for (id_,) in fetch_all(_JOIN, list(ids))}


@retried
def create_category(*, name: str, slug: str | None) -> Category:
    """Add a category; its slug is made from its name when none is given. Raises ValidationError."""
    problems, category = Problems(), Category()
    with short_transaction():
        category.name = _checked_name(category, name, problems)
        category.slug = (
            checked_slug(Category, slug, category.id, problems) if slug else free_slugs(Category, [category.name])[0]
        )
        problems.check()
        category.save(force_insert=True)
    return category


@retried
def update_category(*, category_id: UUID, name: str | None, slug: str | None, expected_version: int | None) -> Category:
    """Change a category and raise its version; None leaves a field as it is.

    Raises NotFoundError, StaleObjectError or ValidationError.
    """
    problems, changed = Problems(), []
    with short_transaction():
        category = _there(category_id)
        StaleObjectError.check(category.version, expected_version, what="category")
        if name is not None:
            category.name = _checked_name(category, name, problems)
            changed.append("name")
        if slug is not None:
            category.slug = checked_slug(Category, slug, category.id, problems)
            changed.append("slug")
        problems.check()
        category.version += 1
        category.save(update_fields=[*changed, "version", "updated_at"])
    return category


@retried
def delete_category(*, category_id: UUID) -> None:
    """Hide it, and promise `empty_category`; products in it keep their version. Raises NotFoundError."""
    with short_transaction():
        category = _there(category_id)
        category.deleted = True
        category.name = category.slug = str(category.id)  # others may have its own from now on
        category.save(update_fields=["deleted", "name", "slug", "updated_at"])
        outbox.enqueue(EMPTY, key=category.id)


def empty_category(category_id: UUID) -> bool:
    """Take the products of a deleted category out of it, and delete its row then; False when SECONDS were not enough.

    May be broken off and called again. Raises ProtectedError when a server of the release before let a product join.
    """
    end, place = time.monotonic() + SECONDS, _leave(category_id, "-infinity", NO_ID)
    while place:
        if time.monotonic() >= end:
            return False
        place = _leave(category_id, *place)
    with short_transaction():
        Category.objects.filter(id=category_id, deleted=True).delete()
    return True


@retried
def _leave(category_id: UUID, *after: Any) -> tuple[Any, ...] | None:
    """A batch of products after this place leaves the category; where it ends, None when there was none."""
    with short_transaction():
        return fetch_one(_LEAVE, category_id, *after, BATCH, category_id)


def _there(category_id: UUID) -> Category:
    """The category, locked against everybody who changes it or puts a product into it. Raises NotFoundError."""
    category = Category.objects.select_for_update().filter(id=category_id, deleted=False).first()
    if category is None:
        raise NotFoundError("There is no such category", path=["categoryId"])
    return category


def _checked_name(category: Category, name: str, problems: Problems) -> str:
    name = problems.text("name", name, most=100)
    if Category.objects.filter(unique_key=unique_key(name)).exclude(id=category.id).exists():
        problems.add("name", message="Another category has this name", code=FieldErrorCode.TAKEN)
    return name
