"""What an order would come to, and everything that stands in its way. Writes and reserves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from domains.common.data.models import NO_ID
from domains.common.errors import DomainError, FieldErrorCode, ValidationError
from domains.common.validation import Problems
from domains.delivery import services as delivery
from domains.delivery.countries import country_of
from domains.orders.services.carts import Cart, CartLine, Delivery, checked_delivery
from domains.orders.services.totals import Totals, totals
from domains.payments import services as payments
from domains.products import stock
from domains.products.errors import InsufficientStockError, ProductUnavailableError, StockShortage


class Obstacle(NamedTuple):
    """One thing that keeps the order from being placed, as createOrder would say it."""

    error: DomainError
    product_id: UUID | None = None
    available: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What is for sale of the cart, with its sums, and what is wrong."""

    sums: Totals
    obstacles: list[Obstacle]


class MethodChoice(NamedTuple):
    """A delivery method while there is no address yet, and the country as it was sent."""

    method_id: UUID
    country_code: str


def quote_order(*, lines: Sequence[CartLine], to: Delivery | MethodChoice | None) -> Quote:
    """What createOrder would hold. A short line counts in full, what is not for sale does not count."""
    problems = Problems()
    cart = Cart(lines, problems)
    method = _method(to, problems) if to else None
    offers = stock.on_sale(cart.quantities)
    sums = totals(NO_ID, cart.quantities, offers, method)
    refusal = payments.too_small(sums.total, settings.STORE_CURRENCY)
    if refusal and sums.lines and (method or not settings.DELIVERY_REQUIRED):
        problems.add("lines", message=refusal, code=FieldErrorCode.TOO_SMALL)
    short = stock.shortfall(cart.quantities, {id_: offer.stock for id_, offer in offers.items()})
    wrong = [Obstacle(ValidationError([problem])) for problem in problems.found]
    return Quote(sums, [*wrong, *sorted(_missing(cart, short), key=lambda one: one.available is not None)])


def _method(to: Delivery | MethodChoice, problems: Problems) -> delivery.Method | None:
    path: list[str]
    if isinstance(to, Delivery):
        country, path = checked_delivery(to, problems).address.country_code, ["delivery", "methodId"]
    else:
        country, path = _country(to.country_code, problems), ["deliveryMethodId"]
    method = delivery.wanted(to.method_id, country) if country else None
    if method is None and (country or to.method_id == NO_ID):
        problems.found.append(delivery.not_offered(*path))
    return method


def _country(code: str, problems: Problems) -> str:
    if country := country_of(code):
        return country
    why = FieldErrorCode.INVALID if code else FieldErrorCode.REQUIRED
    problems.add("countryCode", message="Must be an ISO 3166-1 alpha-2 code, such as GB", code=why)
    return ""


def _missing(cart: Cart, short: dict[UUID, int | None]) -> Iterator[Obstacle]:
    for id_, available in short.items():
        if available is None:
            yield Obstacle(ProductUnavailableError([id_], path=cart.path(id_, "productId")), id_)
        else:
            shortage = StockShortage(id_, cart.quantities[id_], available, cart.path(id_, "quantity"))
            yield Obstacle(InsufficientStockError([shortage]), id_, available)
