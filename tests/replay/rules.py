"""Which lines of a retailer's invoices become orders, and which do not, and why. Pure rules: no database, no network.

A line is left out when it is unreadable, a return (invoice number `C...`), has no customer, no positive quantity, no
positive price, is a fee and no product, or is over the quantity limit; the first of these that holds names it.
The rest of the invoice is ordered without it. A whole invoice is refused when no line is left, when it names several
customers, when lines of one product add up to more than the quantity limit, or when it has too many products.
Every line of the file is either ordered or counted under one reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid5

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
FEES = frozenset({"POST", "DOT", "C2", "M", "D", "S", "B", "PADS", "CRUK", "AMAZONFEE", "BANK CHARGES", "ADJUST"})
NAMESPACE = uuid5(NAMESPACE_URL, "ordergraph:replay_orders")
LARGEST_MINOR = 10**12

type ProductKey = tuple[str, int]  # stock code, price in minor units


class Reason(StrEnum):
    """Why a line, or a whole invoice, is not ordered; the value is what the summary prints."""

    UNREADABLE = "unreadable (no whole quantity, no price in whole pence, or no invoice number or stock code)"
    RETURN = "return (invoice number C...)"
    NO_CUSTOMER = "no customer"
    NOT_POSITIVE = "quantity not positive"
    NO_PRICE = "price not positive"
    FEE = "fee, no product (POST, M, ...)"
    OVER_QUANTITY = "a quantity over ORDER_MAX_QUANTITY in one line"
    OVER_SUM = "lines of one product add up to more than ORDER_MAX_QUANTITY"
    OVER_LINES = "more products than ORDER_MAX_LINES"
    SEVERAL_CUSTOMERS = "several customers in one invoice"
    OVER_LIMIT = "beyond --limit"


@dataclass(frozen=True, slots=True)
class Limits:
    """ORDER_MAX_LINES and ORDER_MAX_QUANTITY of the shop that is replayed into."""

    lines: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    """A readable line; `number` is where it stands in the file, `price_minor` in minor units."""

    number: int
    invoice: str
    code: str
    description: str
    quantity: int
    price_minor: int
    customer: str

    @property
    def product(self) -> ProductKey:
        return self.code, self.price_minor


@dataclass(frozen=True)
class InvoiceOrder:
    """An invoice that becomes one order of its customer."""

    number: str
    customer: str
    lines: tuple[Line, ...]

    @cached_property
    def items(self) -> Counter[ProductKey]:
        """Quantity of each product; lines of the same product are added up."""
        quantity: Counter[ProductKey] = Counter()
        for line in self.lines:
            quantity[line.product] += line.quantity
        return quantity


@dataclass(frozen=True, slots=True)
class Plan:
    """What to order, and everything else by reason."""

    orders: list[InvoiceOrder] = field(default_factory=list)
    lines_out: Counter[Reason] = field(default_factory=Counter)
    invoices_out: Counter[Reason] = field(default_factory=Counter)

    def refuse(self, reason: Reason, *, lines: int) -> None:
        self.invoices_out[reason] += 1
        self.lines_out[reason] += lines


def make_plan(rows: Iterable[tuple[int, Mapping[str, str]]], *, limits: Limits, at_most: int | None = None) -> Plan:
    """Judge all (line number, cells by column) in file order; order at most `at_most` invoices, all when None."""
    plan = Plan()
    for number, judged in _by_invoice(rows, limits).items():
        reasons = [verdict for verdict in judged if isinstance(verdict, Reason)]
        plan.lines_out.update(reasons)
        lines = tuple(verdict for verdict in judged if isinstance(verdict, Line))
        if not lines:
            plan.invoices_out[Counter(reasons).most_common(1)[0][0]] += 1
        elif refusal := invoice_refusal(lines, limits):
            plan.refuse(refusal, lines=len(lines))
        elif at_most is not None and len(plan.orders) >= at_most:
            plan.refuse(Reason.OVER_LIMIT, lines=len(lines))
        else:
            plan.orders.append(InvoiceOrder(number, lines[0].customer, lines))
    return plan


def _by_invoice(rows: Iterable[tuple[int, Mapping[str, str]]], limits: Limits) -> dict[str, list[Line | Reason]]:
    invoices: dict[str, list[Line | Reason]] = {}
    for number, cells in rows:
        invoices.setdefault(cells["InvoiceNo"].strip(), []).append(judge_line(number, cells, limits))
    return invoices


def judge_line(number: int, cells: Mapping[str, str], limits: Limits) -> Line | Reason:
    """The line, ready to be ordered, or the first reason against it."""
    invoice, code = cells["InvoiceNo"].strip(), cells["StockCode"].strip().upper()
    quantity, price = whole(cells["Quantity"]), whole(cells["UnitPrice"], shift=2)
    if quantity is None or price is None or not invoice or not code:
        return Reason.UNREADABLE
    customer = cells["CustomerID"].strip().removesuffix(".0")
    line = Line(number, invoice, code, " ".join(cells["Description"].split()), quantity, price, customer)
    return _reason_against(line, limits) or line


def _reason_against(line: Line, limits: Limits) -> Reason | None:
    reasons = {
        Reason.RETURN: line.invoice.upper().startswith("C"),
        Reason.NO_CUSTOMER: not line.customer,
        Reason.NOT_POSITIVE: line.quantity <= 0,
        Reason.NO_PRICE: line.price_minor <= 0,
        Reason.FEE: line.code in FEES,
        Reason.OVER_QUANTITY: line.quantity > limits.quantity,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def whole(text: str, *, shift: int = 0) -> int | None:
    """The number as an integer after moving the point `shift` places right; None when it is none ("", "x", "1.005")."""
    try:
        value = Decimal(text.strip()).scaleb(shift)
    except ArithmeticError:
        return None
    if not value.is_finite() or abs(value) > LARGEST_MINOR or value != value.to_integral_value():
        return None
    return int(value)


def invoice_refusal(lines: tuple[Line, ...], limits: Limits) -> Reason | None:
    """Why lines that are fit one by one cannot be one order; None when they can."""
    items = InvoiceOrder("", "", lines).items
    if len({line.customer for line in lines}) > 1:
        return Reason.SEVERAL_CUSTOMERS
    if max(items.values()) > limits.quantity:
        return Reason.OVER_SUM
    return Reason.OVER_LINES if len(items) > limits.lines else None


def skus(orders: Iterable[InvoiceOrder]) -> dict[ProductKey, str]:
    """A SKU for each price of each stock code, so that every line has its exact price: the code itself for the price
    that the file names first, `CODE@2.55` for others."""
    found: dict[ProductKey, str] = {}
    taken: set[str] = set()
    for order in orders:
        for code, price in order.items:
            if (code, price) not in found:
                found[code, price] = f"{code}@{Decimal(price).scaleb(-2)}" if code in taken else code
                taken.add(code)
    return found


def order_key(file_sha256: str, invoice: str) -> UUID:
    """The idempotency key of an invoice: the same for every replay of the same file, so none is placed twice."""
    return uuid5(NAMESPACE, f"{file_sha256}:{invoice}")
