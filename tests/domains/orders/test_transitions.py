"""Every (order, payment, intent) state leads to an action, and no way through the tables ends where they disagree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from domains.orders.models import Order
from domains.orders.transitions import (
    ACTIONS,
    ALL_REFUNDED,
    CANCELLABLE,
    FULFILLABLE,
    MOVES,
    REFUNDABLE,
    REFUNDING,
    Action,
)
from domains.payments.gateway import IntentStatus
from domains.payments.models import Payment, PaymentOperation
from domains.payments.transitions import HOLDING, OPERATIONS, RECONCILING, Move

Kind = PaymentOperation.Kind
Status = Order.Status
GIVEN_BACK = (REFUNDING, ALL_REFUNDED)
PAYMENTS = [*Payment.Status, *GIVEN_BACK]
START = (Status.PENDING.value, "PENDING")
AGREEMENT = {  # as `invariants.orders_agree_with_their_payments` has it
    ("PENDING", "PENDING"),
    ("PENDING", "REQUIRES_ACTION"),
    ("CONFIRMED", "AUTHORIZED"),
    ("FULFILLED", "CAPTURED"),
    ("FULFILLED", REFUNDING),
    ("REFUNDED", ALL_REFUNDED),
    ("CANCELLED", "VOIDED"),
    ("CANCELLED", "FAILED"),
    ("CANCELLED", REFUNDING),
    ("CANCELLED", ALL_REFUNDED),
}
HELD = ("PENDING", "REQUIRES_ACTION", "AUTHORIZED")
OPEN = {Action.VOID, Action.GIVE_BACK}  # an operation of the payment brings these to an end

type State = tuple[str, str]  # order, payment


def paid(payment: str, move: Move) -> set[str]:
    """What the payment may be after the move: captured money may be given back in part, whole, or not any more."""
    status = Payment.Status.CAPTURED if payment in GIVEN_BACK else Payment.Status(payment)
    after = str(move.after if status in move.before else status)
    unmoved = payment if status not in move.before else after
    return {"CAPTURED", *GIVEN_BACK} if (after, status in move.before) == ("CAPTURED", True) else {unmoved}


def path(order: str, payment: str) -> list[State]:
    """From here to where the order is once it has followed its payment."""
    action = ACTIONS[order, payment]
    return [(order, payment), *(path(str(MOVES[action].after), payment) if action in MOVES else [])]


def followed(order: str, payment: str) -> State:
    return path(order, payment)[-1]


def steps(order: str, payment: str) -> Iterator[State]:
    """All that can happen next: to a payment at the provider, by an operation of ours, by a call, by time."""
    for intent in IntentStatus:
        holding = HOLDING[intent]
        for then in paid(payment, holding):
            # Settling asks about PENDING orders; what it hears of one that has ended meanwhile is written down as well.
            yield followed(order, then) if order == Status.PENDING else (order, then)
        if order != Status.PENDING:
            yield from (followed(order, then) for then in paid(payment, RECONCILING[intent]))
    if order in CANCELLABLE and payment in OPERATIONS[Kind.VOID].claimable:
        yield Status.CANCELLED.value, payment
    allowed = {Kind.VOID: Status.CANCELLED, Kind.CAPTURE: FULFILLABLE, Kind.REFUND: REFUNDABLE}
    for kind, state in allowed.items():
        if order == state and payment in OPERATIONS[kind].claimable:
            yield from (followed(order, then) for then in paid(payment, OPERATIONS[kind].move))


def reachable() -> set[State]:
    found, fresh = {START}, [START]
    while fresh:
        new = set(steps(*fresh.pop())) - found
        found |= new
        fresh += new
    return found


REACHABLE = reachable()


def test_every_state_of_order_payment_and_intent_leads_to_an_action_unless_it_never_comes_about() -> None:
    for order, payment, intent in product(Status, Payment.Status, IntentStatus):
        table = HOLDING if order == Status.PENDING else RECONCILING
        for then in paid(payment, table[intent]):
            if (str(order), str(payment)) in REACHABLE:
                assert ACTIONS[order, then] is not None, (order, payment, intent)
                end = followed(order, then)
                assert end in AGREEMENT or ACTIONS[end] in OPEN, (order, payment, intent)
            else:
                assert (order, then) in ACTIONS


def test_the_table_has_a_cell_for_every_order_and_payment_and_no_other() -> None:
    assert set(ACTIONS) == set(product(map(str, Status), map(str, PAYMENTS)))


def test_orders_and_payments_that_agree_need_nothing_and_those_that_need_nothing_agree() -> None:
    nothing = {state for state, action in ACTIONS.items() if action in (Action.NONE, Action.WAIT, Action.ASK)}
    assert nothing == AGREEMENT
    waiting = {("PENDING", "PENDING"): Action.WAIT, ("PENDING", "REQUIRES_ACTION"): Action.ASK}
    assert all(ACTIONS[state] is waiting.get(state, Action.NONE) for state in AGREEMENT)


def test_a_cancelled_order_lets_go_what_may_be_held_and_gives_back_what_was_taken() -> None:
    cancelled = {payment: ACTIONS["CANCELLED", payment] for payment in map(str, PAYMENTS)}
    assert cancelled["CAPTURED"] is Action.GIVE_BACK
    assert {payment for payment, action in cancelled.items() if action is Action.VOID} == {*HELD}


def test_wherever_calls_time_and_the_provider_lead_order_and_payment_agree_or_an_operation_is_open() -> None:
    assert {state for state in REACHABLE if ACTIONS[state] not in OPEN} == AGREEMENT


def test_an_order_whose_money_was_taken_is_sent_and_refunded_with_all_of_it() -> None:
    for order in ("CONFIRMED", "FULFILLED", "REFUNDED"):
        for payment in ("CAPTURED", REFUNDING):
            assert followed(order, payment) == ("FULFILLED", payment)
        assert followed(order, ALL_REFUNDED) == ("REFUNDED", ALL_REFUNDED)
    assert {ACTIONS["CONFIRMED", payment] for payment in ("CAPTURED", *GIVEN_BACK)} == {Action.FULFIL}


def test_the_table_has_actions_for_what_can_come_about_and_for_nothing_else() -> None:
    heard = {
        (order, then)
        for (order, payment), intent in product(REACHABLE, IntentStatus)
        for then in paid(payment, (HOLDING if order == Status.PENDING else RECONCILING)[intent])
    }
    assert {state for state, action in ACTIONS.items() if action} == {step for state in heard for step in path(*state)}
    assert {action for action in ACTIONS.values() if action} == set(Action) - {Action.EXPIRE}
