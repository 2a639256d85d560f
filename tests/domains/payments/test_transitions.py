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


def test_a_hold_is_decided_as_its_intent_is_and_a_decided_one_is_left_alone() -> None:
    decided = {
        IntentStatus.REQUIRES_CAPTURE: Status.AUTHORIZED,
        IntentStatus.SUCCEEDED: Status.AUTHORIZED,
        IntentStatus.REQUIRES_PAYMENT_METHOD: Status.FAILED,
        IntentStatus.CANCELED: Status.VOIDED,
    }
    asked = {IntentStatus.REQUIRES_ACTION: Status.REQUIRES_ACTION}
    for status, intent in PAIRS:
        by_status = {Status.PENDING: decided | asked, Status.REQUIRES_ACTION: decided}
        assert moved(status, HOLDING[intent]) == by_status.get(status, {}).get(intent, status), (status, intent)
        assert HOLDING[intent].after == (decided | asked).get(intent, Status.PENDING), intent


def test_a_hold_that_is_recorded_twice_changes_once() -> None:
    moves = [*HOLDING.values(), RECONCILING[IntentStatus.CANCELED]]
    assert all(move.after not in move.before for move in moves)


def test_reconciling_ends_where_the_intent_has_ended_and_waits_while_it_has_not() -> None:
    for status, intent in PAIRS:
        after = moved(status, RECONCILING[intent])
        match intent:
            case IntentStatus.SUCCEEDED:
                assert after == Status.CAPTURED, status
            case IntentStatus.CANCELED:
                held = status in (*Payment.UNDECIDED, Status.AUTHORIZED)
                assert after == (Status.VOIDED if held else status), status
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
