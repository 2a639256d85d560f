"""A key stands for one result, however often and however parallel it comes."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from domains.common.data.idempotency import claim, fingerprint, release
from domains.common.data.models import IdempotencyKey
from domains.common.data.transactions import short_transaction
from domains.common.errors import IdempotencyConflictError
from tests.domains.common.together import together

pytestmark = pytest.mark.django_db

OWNER, KEY = uuid4(), uuid4()


def claimed(result_id: UUID, *, owner: UUID = OWNER, operation: str = "buy", value: int = 1) -> UUID:
    with short_transaction():
        mine = fingerprint({"quantity": value})
        return claim(owner_id=owner, operation=operation, key=KEY, fingerprint=mine, result_id=result_id)


def test_a_new_key_stands_for_the_result_of_its_caller_and_then_always_for_that() -> None:
    first = uuid4()
    assert claimed(first) == first
    assert claimed(uuid4()) == first


def test_a_key_with_another_input_is_a_conflict() -> None:
    claimed(uuid4())
    with pytest.raises(IdempotencyConflictError):
        claimed(uuid4(), value=2)


def test_keys_belong_to_their_owner_and_operation() -> None:
    results = [uuid4() for _ in range(3)]
    claimed(results[0])
    assert claimed(results[1], owner=uuid4()) == results[1]
    assert claimed(results[2], operation="sell", value=2) == results[2]


def test_a_claim_that_rolls_back_leaves_the_key_free() -> None:
    with short_transaction():
        claim(owner_id=OWNER, operation="buy", key=KEY, fingerprint=fingerprint({"quantity": 1}), result_id=uuid4())
        transaction.set_rollback(True)
    other = uuid4()
    assert claimed(other, value=2) == other


def test_a_released_key_is_free_again() -> None:
    with short_transaction():
        claim(owner_id=OWNER, operation="buy", key=KEY, fingerprint=fingerprint({"quantity": 1}), result_id=uuid4())
        release(owner_id=OWNER, operation="buy", key=KEY)
    other = uuid4()
    assert claimed(other, value=2) == other


def test_a_release_finds_its_key_by_the_unique_index() -> None:
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(owner_id=OWNER, operation="buy", key=uuid4(), fingerprint="x", result_id=uuid4())
        for _ in range(500)
    )
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as statements:
        cursor.execute("ANALYZE common_idempotencykey")
        release(owner_id=OWNER, operation="buy", key=KEY)
        cursor.execute(f"EXPLAIN {statements[-1]['sql']}")
        assert "idempotency_key_once" in str(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_claims_at_once_get_one_result() -> None:
    mine = [uuid4() for _ in range(4)]
    answers = together(*[partial(claimed, result_id) for result_id in mine])
    assert len(set(answers)) == 1
    assert answers[0] in mine
    assert IdempotencyKey.objects.get().result_id == answers[0]


def test_the_order_of_fields_does_not_change_a_fingerprint_and_values_do() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    assert fingerprint({"a": [1, 2]}) != fingerprint({"a": [2, 1]})


def test_a_fingerprint_without_later_fields_is_that_of_the_release_which_did_not_know_them() -> None:
    stored = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"  # by the first release
    assert fingerprint({"a": 1}) == stored
    assert fingerprint({"a": 1}, {"note": None}, {"gift": None}) == stored
    assert fingerprint({"a": 1}, {"note": "x"}) == fingerprint({"a": 1}, {"note": "x", "other": None}, {"gift": None})


def test_a_later_field_that_is_given_counts_and_so_does_its_version() -> None:
    first, second = {"a": 1}, {"note": "x"}
    calls = [(first,), (first, second), (first, {"note": "y"}), (first, {}, second), (first, second, {"gift": True})]
    assert len({fingerprint(*versions) for versions in calls}) == len(calls)
