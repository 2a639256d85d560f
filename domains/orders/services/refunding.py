"""Giving money back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domains.common.data import idempotency
from domains.common.data.models import new_id
from domains.common.data.money import MAX_TOTAL, readable, to_minor
from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import FieldErrorCode, ValidationError
from domains.common.guard.bulkhead import PAYMENTS, BulkheadFullError
from domains.common.validation import Problems
from domains.common.viewer import Viewer
from domains.orders.errors import InvalidStateError, PaymentPendingError, RefundTooLargeError
from domains.orders.models import Order
from domains.orders.services import events
from domains.orders.services.carts import MAX_NOTE_CHARACTERS
from domains.orders.services.following import follow_payment
from domains.orders.services.replaying import poll
from domains.orders.services.returning import Return, Returns
from domains.orders.services.settling import pending
from domains.orders.transitions import REFUNDABLE
from domains.payments import services as payments

OPERATION = "refundOrder"


@dataclass(frozen=True, slots=True)
class Refunded:
    """An order with a refund of it, and whether an earlier call with the same key made it."""

    order: Order
    refund: payments.Refund
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """A checked input. `amount` in minor units; None for the price of what comes back, or else all that is left."""

    viewer: Viewer
    order: Order
    amount: int | None
    reason: str
    key: UUID
    returns: Returns | None
    staff_note: str

    @property
    def fingerprint(self) -> str:
        """All but the key and who asks; an amount and the same amount as "all that is left" differ."""
        return idempotency.fingerprint(
            {"order": str(self.order.id), "amount": self.amount, "reason": self.reason},
            {"returns": self.returns and self.returns.canonical},
            {"staffNote": self.staff_note or None},
        )


def refund_order(
    *,
    viewer: Viewer,
    order_id: UUID,
    amount: Decimal | None,
    reason: str,
    key: UUID,
    returns: Sequence[Return] | None = None,
    staff_note: str = "",
) -> Refunded:
    """Give back all or part of a FULFILLED order's money. For staff; the caller has checked that.

    The customer reads `reason`, and never `staff_note` (it may be empty). What comes back (`returns`) is written with
    the claim, and stays when the refund fails. A call that meets a running operation waits for it and is judged anew.
    Raises ValidationError, NotFoundError, InvalidStateError (also when the provider refuses it), RefundTooLargeError,
    IdempotencyConflictError, PaymentPendingError; ServiceUnavailableError, with nothing written, when the calls to the
    provider have all the threads they may have.
    """
    wish = _checked(viewer, order_id, amount, reason, key, returns, staff_note)
    try:
        with PAYMENTS.enter():
            operation, replayed = _carry_out(wish)
    except BulkheadFullError:  # who repeats a call hears of it all the same, without waiting
        operation, replayed = _known(wish), True
    order = Order.objects.select_related("payment").get(id=order_id)
    if operation.status == payments.PaymentOperation.Status.FAILED:  # also one that failed later: no money went back
        raise _refusal(order, operation)
    return Refunded(order, payments.Refund.objects.get(id=operation.id), replayed)


def _carry_out(wish: _Wish) -> tuple[payments.PaymentOperation, bool]:
    """The ended operation, and whether an earlier call claimed it."""
    claimed = poll(lambda: _claim(wish))
    if claimed is None:
        raise PaymentPendingError(wish.order.id)
    operation_id, replayed = claimed
    with pending(wish.order.id):
        operation = payments.carry_out(operation_id)
        follow_payment(wish.order.id)
    return operation, replayed


def _known(wish: _Wish) -> payments.PaymentOperation:
    """The operation of an earlier call. Raises BulkheadFullError without one, PaymentPendingError before its end."""
    assert wish.viewer.user_id is not None
    known_id = idempotency.find(
        owner_id=wish.viewer.user_id, operation=OPERATION, key=wish.key, fingerprint=wish.fingerprint
    )
    if known_id is None:
        raise BulkheadFullError
    operation = payments.PaymentOperation.objects.get(id=known_id)
    if operation.status == payments.PaymentOperation.Status.REQUESTED:
        raise PaymentPendingError(wish.order.id)
    return operation


def _checked(
    viewer: Viewer,
    order_id: UUID,
    amount: Decimal | None,
    reason: str,
    key: UUID,
    returns: Sequence[Return] | None = None,
    staff_note: str = "",
) -> _Wish:
    order = Order.objects.visible_to(viewer).known(order_id)
    problems = Problems()
    reason = problems.text("reason", reason, most=200)
    staff_note = problems.text("staffNote", staff_note, least=0, most=MAX_NOTE_CHARACTERS, lines=True)
    problems.check()
    minor = None if amount is None else to_minor(amount, order.currency, path=["amount"], most=MAX_TOTAL)
    if minor == 0:
        raise ValidationError.of("amount", message="Give back more than nothing", code=FieldErrorCode.TOO_SMALL)
    back = None if returns is None else Returns(order.id, returns)
    if minor is None and back and back.price == 0:
        message = "What comes back cost nothing: name the amount to give back"
        raise ValidationError.of("amount", message=message, code=FieldErrorCode.REQUIRED)
    return _Wish(viewer, order, minor, reason, key, back, staff_note)


@retried
def _claim(wish: _Wish) -> tuple[UUID, bool] | None:
    """None while another operation is open; nothing is written then, also no key."""
    assert wish.viewer.user_id is not None
    mine = new_id()
    with short_transaction():
        order = Order.objects.select_for_update(no_key=True).select_related(None).get(id=wish.order.id)
        known_id = idempotency.claim(
            owner_id=wish.viewer.user_id,
            operation=OPERATION,
            key=wish.key,
            fingerprint=wish.fingerprint,
            result_id=mine,
        )
        if known_id != mine:
            return known_id, True
        if payments.is_busy(order.payment_id):
            idempotency.release(owner_id=wish.viewer.user_id, operation=OPERATION, key=wish.key)
            return None
        _give_back(wish, order, mine)
    return mine, False


def _give_back(wish: _Wish, order: Order, operation_id: UUID) -> None:
    if order.status != REFUNDABLE:
        raise InvalidStateError(order.status, allowed="only a FULFILLED order can be refunded")
    actor_id, returns = wish.viewer.user_id, wish.returns
    if returns:
        returns.count(operation_id)
        returns.note(actor_id=actor_id)
    amount = _amount(wish, order)
    payments.request(
        order.payment_id,
        payments.Kind.REFUND,
        amount=amount,
        reason=wish.reason,
        staff_note=wish.staff_note,
        id_=operation_id,
    )
    note = f"A refund of {readable(amount, order.currency)} is being made"
    events.note(order.id, events.Type.REFUND_REQUESTED, note, actor=events.Actor.STAFF, actor_id=actor_id)
    if returns:
        returns.restock()


def _amount(wish: _Wish, order: Order) -> int:
    left = payments.refundable(order.payment)
    amount, field = wish.amount, "amount"
    if amount is None:
        amount, field = (wish.returns.price, "returns") if wish.returns else (left, "amount")
    if not 0 < amount <= left:
        raise RefundTooLargeError(left, order.currency, field=field)
    return amount


def _refusal(order: Order, operation: payments.PaymentOperation) -> RefundTooLargeError | InvalidStateError:
    """Why the provider refused: it may have given money back without us, else only its code tells."""
    if operation.amount > (left := payments.refundable(order.payment)):
        return RefundTooLargeError(left, order.currency)
    refused = f"the provider refused the refund ({operation.failure_code}), another try needs a new key"
    return InvalidStateError(order.status, allowed=refused)
