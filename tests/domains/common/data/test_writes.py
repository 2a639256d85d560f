"""New rows of several tables in one statement."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from domains.common.background.models import OutboxMessage
from domains.common.data import writes
from domains.common.data.models import IdempotencyKey, new_id
from domains.orders.models import Order
from domains.payments.models import Payment
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def message(**about: object) -> OutboxMessage:
    return OutboxMessage(topic="test", key=new_id(), payload=about, due_at="2026-01-01T00:00:00+00:00")


def key(id_: UUID | None = None) -> IdempotencyKey:
    return IdempotencyKey(id=id_ or new_id(), owner_id=new_id(), operation="test", key=new_id(), result_id=new_id())


def test_rows_of_several_tables_take_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first, second, other = message(n=1), message(n=2), key()
    with django_assert_num_queries(1):
        writes.insert(first, second, other)
    assert [OutboxMessage.objects.get(id=each.id).payload for each in (first, second)] == [{"n": 1}, {"n": 2}]
    assert IdempotencyKey.objects.get(id=other.id).key == other.key


def test_a_row_is_kept_as_saving_would_keep_it() -> None:
    inserted, saved = message(text="100 % of 'it'"), message(text="100 % of 'it'")
    writes.insert(inserted)
    saved.save()
    kept, like = (OutboxMessage.objects.get(id=each.id) for each in (inserted, saved))
    assert (kept.payload, kept.due_at, kept.lease, kept.last_error) == (like.payload, like.due_at, None, "")
    assert (kept.key, kept.created_at) == (inserted.key, inserted.created_at)
    assert kept.updated_at >= kept.created_at


def test_a_value_given_to_a_column_with_a_database_default_is_kept() -> None:
    payer, given = UserFactory.create(), 10**12  # far beyond what the sequence has come to
    payments = [Payment(payer=payer, currency="GBP", amount=1, method="pm_card_visa") for _ in range(2)]
    about = {"customer": payer, "currency": "GBP", "total": 1, "expires_at": "2026-01-01T00:00:00+00:00"}
    chosen, numbered = Order(payment=payments[0], serial=given, **about), Order(payment=payments[1], **about)
    writes.insert(*payments, chosen, numbered)
    assert Order.objects.get(id=chosen.id).serial == given
    assert 0 < Order.objects.get(id=numbered.id).serial < given


@pytest.mark.parametrize(("before", "written"), [("test", 2), ("other", 0)])
def test_what_follows_a_change_is_written_with_it_in_one_statement_or_not_at_all(
    before: str, written: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = message(), message()
    writes.insert(first, second)
    rename = "UPDATE common_outboxmessage SET topic = 'changed' WHERE key = %s AND topic = %s"
    with django_assert_num_queries(1):
        then = [(rename, second.key, "test"), *writes.insertion(key())]
        changed = writes.change_one(OutboxMessage, rename, first.key, before, then=then)
    assert (changed.topic if changed else None) == ("changed" if written else None)
    assert OutboxMessage.objects.filter(topic="changed").count() == written
    assert IdempotencyKey.objects.exists() == bool(written)


def test_a_row_that_is_there_leaves_none_of_the_others_behind() -> None:
    first, other = key(), message()
    writes.insert(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        writes.insert(other, key(first.id))
    assert not OutboxMessage.objects.filter(id=other.id).exists()
