"""Every (payment, intent) state leads somewhere, and never away from money that was taken."""

from __future__ import annotations

from itertools import product

import pytest

from domains.payments.gateway import IntentStatus
from domains.payments.models import Payment, PaymentOperation
from domains.payments.transitions import HOLDING, OPERATIONS, RECONCILING, Move

Status = Payment.Status
PAIRS = list(product(Status, IntentStatus))


def moved(status: Status, move: Move) -> Status:
    return move.after if status in move.before else status


@pytest.mark.parametrize("table", [HOLDING, RECONCILING])
def test_what_the_provider_says_twice_changes_nothing_the_second_time(table: dict[IntentStatus, Move]) -> None:
    for status, intent in PAIRS:
        once = moved(status, table[intent])
        assert moved(once, table[intent]) == once, (status, intent)


def test_holding_leaves_a_decided_payment_alone_and_never_takes_its_money_for_captured() -> None:
    for status, intent in PAIRS:
        after = moved(status, HOLDING[intent])
        assert status in Payment.UNDECIDED or after == status, (status, intent)
        assert Status.CAPTURED in (status, after) or after != Status.CAPTURED, (status, intent)


def test_reconciling_ends_where_the_intent_has_ended_and_waits_while_it_has_not() -> None:
    for status, intent in PAIRS:
        after = moved(status, RECONCILING[intent])
        match intent:
            case IntentStatus.SUCCEEDED:
                assert after == Status.CAPTURED, status
            case IntentStatus.CANCELED:
                assert after in (Status.VOIDED, Status.FAILED, Status.CAPTURED), status
            case _:
                assert after == status, (status, intent)


def test_captured_money_is_never_let_go() -> None:
    tables = [*HOLDING.values(), *RECONCILING.values(), *(operation.move for operation in OPERATIONS.values())]
    assert all(moved(Status.CAPTURED, move) == Status.CAPTURED for move in tables)


@pytest.mark.parametrize("kind", PaymentOperation.Kind)
def test_an_operation_moves_a_payment_as_its_intent_would(kind: PaymentOperation.Kind) -> None:
    operation = OPERATIONS[kind]
    assert operation.move.before <= operation.claimable
    for status in operation.claimable:
        assert moved(status, operation.move) in (status, moved(status, RECONCILING[operation.intent]))
