"""Write transactions wait briefly, start again when the database asks for it, and then say that it is busy."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection, transaction

from domains.common.data import transactions
from domains.common.data.transactions import TryAgain, assert_no_transaction, retried, short_transaction
from domains.common.errors import ServiceUnavailableError
from domains.products.models import Category
from tests.domains.common.together import PATIENCE, elsewhere, locked_elsewhere, together
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db(transaction=True)


def lock(shelf: Category) -> None:
    Category.objects.select_for_update().get(id=shelf.id)


def renaming(shelf: Category, attempts: list[int], before: Callable[[], object] = int) -> Callable[[], None]:
    @retried
    def service() -> None:
        attempts.append(1)
        before()
        with short_transaction():
            Category.objects.filter(id=shelf.id).update(slug="renamed")

    return service


def test_a_rule_that_wants_another_try_gets_three_and_is_then_unavailable() -> None:
    attempts: list[int] = []

    @retried
    def service() -> None:
        attempts.append(1)
        raise TryAgain

    with pytest.raises(ServiceUnavailableError):
        service()
    assert len(attempts) == 3


def test_a_service_that_succeeds_at_the_last_try_has_succeeded() -> None:
    outcomes = iter([TryAgain(), TryAgain(), None])

    @retried
    def service(answer: str) -> str:
        if outcome := next(outcomes):
            raise outcome
        return answer

    assert service("done") == "done"


def test_other_errors_pass_at_once() -> None:
    attempts: list[int] = []

    @retried
    def service(error: Exception) -> None:
        attempts.append(1)
        raise error

    for error in (ValueError(), OperationalError()):
        with pytest.raises(type(error)):
            service(error)
    assert len(attempts) == 2


def test_a_deadlock_is_broken_and_both_get_their_way() -> None:
    shelves = CategoryFactory.create_batch(2)
    meeting = threading.Barrier(2)
    attempts: list[int] = []

    def both(first: Category, second: Category) -> Callable[[], bool]:
        meet = iter([True])

        @retried
        def service() -> bool:
            attempts.append(1)
            with short_transaction():
                lock(first)
                if next(meet, False):
                    meeting.wait(PATIENCE)
                lock(second)
            return True

        return service

    assert together(both(*shelves), both(*reversed(shelves))) == [True, True]
    assert len(attempts) == 3


def test_a_row_that_is_locked_too_long_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", "50ms")
    shelf, attempts = CategoryFactory.create(), list[int]()
    with locked_elsewhere(Category.objects.filter(id=shelf.id)) as release:
        renaming(shelf, attempts, lambda: release.set() if len(attempts) == 2 else None)()
    assert 2 <= len(attempts) <= 3
    assert elsewhere(lambda: Category.objects.get().slug) == "renamed"


def test_a_row_that_stays_locked_makes_the_service_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", "20ms")
    shelf, attempts = CategoryFactory.create(), list[int]()
    with locked_elsewhere(Category.objects.filter(id=shelf.id)), pytest.raises(ServiceUnavailableError):
        renaming(shelf, attempts)()
    assert len(attempts) == 3


def test_a_statement_that_runs_too_long_makes_the_service_unavailable_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "STATEMENT_TIMEOUT", "20ms")
    attempts: list[int] = []

    @retried
    def service() -> None:
        attempts.append(1)
        with short_transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")

    with pytest.raises(ServiceUnavailableError):
        service()
    assert len(attempts) == 1


def test_a_short_transaction_is_never_inside_another() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError), short_transaction():
        pass


def test_a_provider_is_never_called_inside_a_transaction() -> None:
    assert_no_transaction()
    with transaction.atomic(), pytest.raises(RuntimeError, match="never be called inside"):
        assert_no_transaction()
