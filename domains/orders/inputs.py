"""What clients send about orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from domains.accounts.inputs import MAX_SEARCH_CHARACTERS, UserFilter
from domains.common.data.folding import folded
from domains.common.errors import BadUserInputError
from domains.common.graphql.connections import SortDirection, given
from domains.common.graphql.ids import key_of
from domains.common.graphql.paging import Ordering
from domains.common.viewer import Viewer
from domains.delivery.inputs import DeliveryInput
from domains.orders.choices import OrderStatus
from domains.orders.filtering import OrderQuery
from domains.orders.numbers import Beginning, OrderNumber
from domains.orders.services import CartLine, Delivery, MethodChoice, Return
from domains.payments.types import PaymentStatus

OPEN_PAYMENT = frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION, PaymentStatus.AUTHORIZED})
QUOTED_LINE_COST = 2  # a product that is read, and counted
UNSET = strawberry.UNSET


@strawberry.input(description="Which orders; the conditions given must all hold, null counts as not given.")
class OrderFilter:
    status: list[OrderStatus] | None = strawberry.field(default=UNSET, description="In one of these states.")
    created_after: datetime | None = strawberry.field(default=UNSET, description="Placed after this moment.")
    created_before: datetime | None = strawberry.field(default=UNSET, description="Placed before this moment.")
    customer_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Placed by this person; an empty id is nobody's."
    )
    number: str | None = strawberry.field(default=UNSET, description='With exactly this number: "2026-000123".')
    search: str | None = strawberry.field(
        default=UNSET,
        description="The number or its beginning, the customer's e-mail address or its beginning, or beginnings of "
        "words that must all occur in the name of the customer, or of the recipient; never what stands in the middle. "
        "Case and accents do not count. What looks like a number (2026, 2026-0001) finds numbers alone. At most "
        f"{MAX_SEARCH_CHARACTERS} characters, of which the first 10 words count. Null or empty does not filter.",
        metadata={"cost": 2_000},
    )
    payment_status: list[PaymentStatus] | None = strawberry.field(
        default=UNSET, description="Whose payment is in one of these states."
    )
    reference: str | None = strawberry.field(
        default=UNSET,
        description="Whose payment has exactly this id in the provider's books; an empty one is nobody's.",
    )

    def query(self) -> OrderQuery:
        """As the database wants it. Raises BadUserInputError."""
        written = given(self.number)
        number = None if written is None else OrderNumber.parse(written)
        return OrderQuery(
            status__in=_values(self.status),
            payment__status__in=(paid := _values(self.payment_status)),
            payment_is_open=OPEN_PAYMENT.issuperset(paid) if paid else None,
            payment__intent_id=given(self.reference),
            created_at__gt=given(self.created_after),
            created_at__lt=given(self.created_before),
            customer_id=None if given(self.customer_id) is None else key_of(str(self.customer_id), "User"),
            year=number.year if number else None,
            serial=number.serial if number else None,
            **self._search(),
        )

    def _search(self) -> dict[str, Any]:
        """What looks like a number finds numbers alone."""
        people = UserFilter(search=self.search).query()
        begun = Beginning.parse(folded(self.search or ""))
        words = {} if begun and begun.whole_year else {"words": people.words, "email": people.email}
        number = {"begun_from": begun.since, "begun_until": begun.until, "serials": begun.serials} if begun else {}
        return {**words, **number}


def _values(chosen: list[Any] | None) -> list[str] | None:
    return None if given(chosen) is None else [str(one.value) for one in chosen or ()]


@strawberry.enum(description="What orders can be sorted by. Ties are sorted by id.")
class OrderSortField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By the moment they were placed.")
    TOTAL = strawberry.enum_value("total", description="By their total.")


@strawberry.input(
    description="The order of a list of orders. Without `direction` it is DESC: the newest, the dearest first. "
    "Mind that `ProductSort` is ASC then."
)
class OrderSort:
    field: OrderSortField = strawberry.field(description="What to sort by.")
    direction: SortDirection = strawberry.field(default=SortDirection.DESC, description="Which way.")

    def ordering(self) -> Ordering:
        """As the pager wants it."""
        return Ordering(str(self.field.value), self.direction is SortDirection.DESC)


def list_of(filter: OrderFilter | None, sort: OrderSort | None, viewer: Viewer) -> tuple[OrderQuery, Ordering]:
    """Filter and ordering of the list; newest first by default."""
    query = filter.query() if filter else OrderQuery()
    if query.words is not None and query.customer_id is None and not viewer.is_staff:
        query = replace(query, customer_id=viewer.user_id)  # nobody else is searched
    return query, sort.ordering() if sort else Ordering("created_at", descending=True)


@strawberry.input(description="One product to order.")
class OrderLineInput:
    product_id: strawberry.ID = strawberry.field(description="Which product.")
    quantity: int = strawberry.field(description="How many, 1 to 100; lines of one product are added up first.")

    def line(self) -> CartLine:
        """As the service wants it."""
        return CartLine(product_id=key_of(self.product_id, "Product"), quantity=self.quantity)


def delivery_of(sent: DeliveryInput | None) -> Delivery | None:
    """As the service wants it, None when none was given."""
    wanted = given(sent)
    return None if wanted is None else Delivery(wanted.method_key, wanted.address.address())


@strawberry.input(description="A new order.")
class CreateOrderInput:
    lines: list[OrderLineInput] = strawberry.field(description="1 to 100 lines.")
    payment_method: str = strawberry.field(
        description="The provider's payment method. The sandbox knows pm_card_visa, pm_card_chargeDeclined, "
        "pm_card_authenticationRequired, pm_card_pendingRefund, pm_card_refundFail, pm_card_createDispute, "
        "pm_sandbox_slow and pm_sandbox_timeout."
    )
    idempotency_key: UUID = strawberry.field(
        description="A fresh UUID for each order a person wants; send the same one when you retry. Kept 7 days."
    )
    delivery: DeliveryInput | None = strawberry.field(
        default=UNSET, description="How and where it goes. Some shops require it."
    )
    note: str | None = strawberry.field(
        default=UNSET, description="To the shop: at most 500 characters, line breaks among them."
    )
    expected_total: Decimal | None = strawberry.field(
        default=UNSET,
        description="What the customer was shown, in major units: PriceChangedError when it is not the order's total.",
    )


@strawberry.input(
    description="What an order would be of. `delivery`, or while there is no address yet `deliveryMethodId` with "
    "`countryCode`; neither: without delivery. Both are BAD_USER_INPUT."
)
class OrderQuoteInput:
    lines: list[OrderLineInput] = strawberry.field(description="1 to 100 lines.", metadata={"each": QUOTED_LINE_COST})
    delivery: DeliveryInput | None = strawberry.field(default=UNSET, description="How and where it goes.")
    delivery_method_id: strawberry.ID | None = strawberry.field(default=UNSET, description="One of `deliveryMethods`.")
    country_code: str | None = strawberry.field(
        default=UNSET, description="Where it goes: ISO 3166-1 alpha-2 in any case, such as GB."
    )

    def to(self) -> Delivery | MethodChoice | None:
        """As the service wants it. Raises BadUserInputError."""
        method_id, country = given(self.delivery_method_id), given(self.country_code)
        if given(self.delivery) is None:
            return None if method_id is None else MethodChoice(key_of(method_id, "DeliveryMethod"), country or "")
        if method_id is not None or country is not None:
            raise BadUserInputError("Send delivery, or deliveryMethodId with countryCode, not both")
        return delivery_of(self.delivery)


@strawberry.input(description="An order to cancel.")
class CancelOrderInput:
    order_id: strawberry.ID = strawberry.field(description="Which order.")
    reason: str | None = strawberry.field(
        default=UNSET, description="Why, for its history; what is beyond 200 characters is cut off."
    )


@strawberry.input(description="An order to send.")
class FulfillOrderInput:
    order_id: strawberry.ID = strawberry.field(description="Which order.")
    carrier: str | None = strawberry.field(default=UNSET, description="Who brings it, at most 100 characters.")
    tracking_number: str | None = strawberry.field(
        default=UNSET, description="The carrier's number, at most 100 characters."
    )
    tracking_url: str | None = strawberry.field(
        default=UNSET, description="Where the customer can follow it: https, at most 500 characters."
    )


@strawberry.input(description="Pieces of a line that come back.")
class ReturnLineInput:
    order_line_id: strawberry.ID = strawberry.field(description="Which line of the order; one named twice is added up.")
    quantity: int = strawberry.field(description="How many, 1 or more: at most what was sent and has not come back.")
    restock: bool = strawberry.field(default=True, description="Whether they are for sale again.")

    def line(self) -> Return:
        """As the service wants it."""
        return Return(key_of(self.order_line_id, "OrderLine"), self.quantity, self.restock)


@strawberry.input(description="Money to give back.")
class RefundOrderInput:
    order_id: strawberry.ID = strawberry.field(description="Which order.")
    amount: Decimal | None = strawberry.field(
        default=UNSET,
        description="In major units, more than 0; when absent the price of what comes back (`returns`), and without "
        "that all that is left.",
    )
    returns: list[ReturnLineInput] | None = strawberry.field(
        default=UNSET, description="What comes back, 1 to 100 lines. It stays written down when the refund fails."
    )
    reason: str = strawberry.field(
        description="Why, in words for the customer, who reads it in the order's events; 1 to 200 characters."
    )
    staff_note: str | None = strawberry.field(
        default=UNSET,
        description="For staff alone, the customer never sees it: at most 500 characters, line breaks among them.",
    )
    idempotency_key: UUID = strawberry.field(
        description="A fresh UUID for each refund; send the same one when you retry. Kept 7 days."
    )
