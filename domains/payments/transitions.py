"""How payments move: the one place that says which (payment, intent) state leads to which state of the payment.

It knows no order: what an order does when its payment has moved stands in `domains/orders/transitions.py`, and the two
tables together say what follows from every (order, payment, intent). Each is walked whole by a test.
"""

from __future__ import annotations

from typing import NamedTuple

from domains.payments.gateway import IntentStatus
from domains.payments.models import Payment, PaymentOperation

Kind = PaymentOperation.Kind
Status = Payment.Status


class Move(NamedTuple):
    """The payment becomes `after` when it is in one of the states `before`; in any other it stays as it is."""

    after: Status
    before: frozenset[Status]


ANY = frozenset(Status)
UNDECIDED = frozenset(Payment.UNDECIDED)
STAY = Move(Status.PENDING, frozenset())  # nothing is known yet
RELEASE = Move(Status.VOIDED, UNDECIDED | {Status.AUTHORIZED})

# While a purchase waits for its hold. An intent that was captured already was held before: the hold is recorded first,
# and RECONCILING takes it from there.
HOLDING: dict[IntentStatus, Move] = {
    IntentStatus.REQUIRES_CONFIRMATION: STAY,
    IntentStatus.PROCESSING: STAY,
    IntentStatus.REQUIRES_ACTION: Move(Status.REQUIRES_ACTION, frozenset({Status.PENDING})),
    IntentStatus.REQUIRES_CAPTURE: Move(Status.AUTHORIZED, UNDECIDED),
    IntentStatus.SUCCEEDED: Move(Status.AUTHORIZED, UNDECIDED),
    IntentStatus.REQUIRES_PAYMENT_METHOD: Move(Status.FAILED, UNDECIDED),
    IntentStatus.CANCELED: Move(Status.VOIDED, UNDECIDED),
}

# Once the purchase is decided: only ends count. Money that was taken has the last word, whatever the payment was.
RECONCILING: dict[IntentStatus, Move] = {
    **dict.fromkeys(IntentStatus, STAY),
    IntentStatus.SUCCEEDED: Move(Status.CAPTURED, ANY),
    IntentStatus.CANCELED: RELEASE,
}


class Operation(NamedTuple):
    """What we ask of the provider: in which states it may be claimed, what it makes of the intent and the payment."""

    claimable: frozenset[Status]
    intent: IntentStatus
    move: Move


# Captured money is never voided: that it was captured may be known here before its order has moved.
OPERATIONS: dict[Kind, Operation] = {
    Kind.VOID: Operation(ANY - {Status.CAPTURED}, IntentStatus.CANCELED, RELEASE),
    Kind.CAPTURE: Operation(
        frozenset({Status.AUTHORIZED}), IntentStatus.SUCCEEDED, Move(Status.CAPTURED, frozenset({Status.AUTHORIZED}))
    ),
    Kind.REFUND: Operation(
        frozenset({Status.CAPTURED}), IntentStatus.SUCCEEDED, Move(Status.CAPTURED, frozenset({Status.CAPTURED}))
    ),
}
