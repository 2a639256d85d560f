"""The queries that `bench` measures need as many statements for many rows as for few. Never is a time asserted."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from domains.accounts.models import User
from tests.api import Api
from tests.benchmarks.bench.servers import QUERIES
from tests.factories import CategoryFactory, ProductFactory
from tests.history import make_orders

pytestmark = pytest.mark.django_db(transaction=True)
STATEMENTS = 2  # who asks; the rows, with what PostgreSQL writes of their relations


@pytest.mark.parametrize("name", ["Q1", "Q2", "Q3", "Q4"])
@pytest.mark.parametrize("rows", [21, 42])
def test_the_statements_of_a_measured_query_do_not_depend_on_rows(
    customer: User, api: Api, name: str, rows: int
) -> None:
    for _ in range(rows):
        ProductFactory.create(name="Elm lamp", category=CategoryFactory.create())
    slug = ProductFactory.create(category=CategoryFactory.create()).slug
    make_orders(customer, rows if name == "Q3" else 1, lines=3)
    document = (QUERIES / "ordergraph" / f"{name}.graphql").read_text()
    with CaptureQueriesContext(connection) as captured:
        api.data(document, {"slug": slug, "search": "lamp"})
    assert len(captured) == STATEMENTS, [query["sql"] for query in captured]
