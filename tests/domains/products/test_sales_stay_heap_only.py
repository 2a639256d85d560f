"""A sale touches no index, unless it takes the last one: that is what makes hot products sell fast."""

from __future__ import annotations

import pytest
from django.db import connection

from domains.common.data.models import new_id
from domains.products import stock
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def updates() -> tuple[int, int]:
    """Of products in this transaction: all, and those that touched no index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relid = 'products_product'::regclass"
        )
        every, heap_only = cursor.fetchall()[0]
    return every, heap_only


def test_a_sale_that_leaves_pieces_touches_no_index_and_the_last_one_does() -> None:
    product = ProductFactory.create(stock=3)
    before = updates()
    for _ in range(2):
        stock.take({product.id: 1}, order_id=new_id())
    sold = updates()
    stock.take({product.id: 1}, order_id=new_id())
    emptied = updates()
    assert (sold[0] - before[0], sold[1] - before[1]) == (2, 2)
    assert (emptied[0] - sold[0], emptied[1] - sold[1]) == (1, 0)
