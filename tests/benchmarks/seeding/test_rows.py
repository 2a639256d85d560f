"""Made-up rows are the same each time and stand in time order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domains.products.models import Category
from tests.benchmarks.seeding.rows import fixed_id, moment, settle_times
from tests.factories import CategoryFactory


def test_ids_are_version_7_in_time_order_and_differ_by_kind() -> None:
    ids = [fixed_id(2, number) for number in range(50)]
    assert ids == sorted(set(ids))
    assert {each.version for each in ids} == {7}
    assert fixed_id(2, 5) == ids[5] != fixed_id(3, 5)


@pytest.mark.django_db
def test_rows_look_as_if_nobody_touched_them_since() -> None:
    made = CategoryFactory.create(created_at=moment(7))
    real = CategoryFactory.create(created_at=moment(0) + timedelta(days=400))
    settle_times(Category)
    assert Category.objects.get(id=made.id).updated_at == moment(7)
    assert Category.objects.get(id=real.id).updated_at == real.updated_at
