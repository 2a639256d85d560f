"""Who gets what of payments."""

from __future__ import annotations

from uuid import uuid4

from domains.accounts.models import User
from domains.payments.models import Dispute, Payment, Refund
from tests.api import Api, gid
from tests.domains.orders.shop import buy
from tests.factories import ProductFactory, StaffFactory
from tests.schema.tables import OWNER_AND_STAFF, STAFF, Shown

NODES: Shown = {"Dispute": STAFF, "Payment": OWNER_AND_STAFF, "Refund": OWNER_AND_STAFF}


def nodes(customer: User) -> dict[str, str]:
    order_id, staff = buy(Api(customer), [(ProductFactory.create(), 1)])["order"]["id"], Api(StaffFactory.create())
    staff.call("fulfillOrder", "order { id }", orderId=order_id)
    staff.call("refundOrder", "order { id }", orderId=order_id, reason="Broken", idempotencyKey=uuid4())
    refund = Refund.objects.get(payment__payer=customer)
    payment = Payment.objects.get(id=refund.payment_id)
    dispute = Dispute.objects.create(payment=payment, reference=f"dp_{payment.id}", amount=1, currency="GBP")
    return {"Dispute": gid(dispute), "Payment": gid(payment), "Refund": gid(refund)}
