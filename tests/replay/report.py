"""What happened, in figures, and whether they agree with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tests.replay.client import Placed, Refused
from tests.replay.reading import Control
from tests.replay.rules import Plan, ProductKey, Reason

EXAMPLES = 10


@dataclass(frozen=True)
class Run:
    """Everything the summary is made of. `before` and `after` are the stock by SKU."""

    plan: Plan
    skus: Mapping[ProductKey, str]
    customers: int
    outcomes: Mapping[str, Placed | Refused]
    control: Control
    before: Mapping[str, int]
    after: Mapping[str, int]
    started: datetime
    seconds: float
    workers: int

    @property
    def placed(self) -> dict[str, Placed]:
        return {invoice: outcome for invoice, outcome in self.outcomes.items() if isinstance(outcome, Placed)}

    @property
    def refused(self) -> dict[str, Refused]:
        return {invoice: outcome for invoice, outcome in self.outcomes.items() if isinstance(outcome, Refused)}

    @property
    def new(self) -> set[str]:
        """Invoices placed by this run; one whose first answer was lost comes back as replayed, but is as young."""
        return {invoice for invoice, p in self.placed.items() if not p.replayed or p.created_at >= self.started}

    @property
    def wrong_totals(self) -> list[str]:
        """Invoices without an order, or whose order has another sum than the file."""
        totals = {invoice: placed.total for invoice, placed in self.placed.items()}
        return [order.number for order in self.plan.orders if totals.get(order.number) != self._by_file(order.number)]

    def _by_file(self, invoice: str) -> Decimal | None:
        return self.control.totals.get(invoice)

    @property
    def wrong_stock(self) -> list[str]:
        """SKUs of which another quantity is gone than the file says was sold by this run."""
        sold: Counter[str] = Counter()
        for invoice in self.new:
            for (code, price), quantity in self.control.quantity[invoice].items():
                sold[self.skus[code, int(price * 100)]] += quantity
        return [sku for sku, quantity in self.before.items() if quantity - sold[sku] != self.after.get(sku)]

    @property
    def agrees(self) -> bool:
        return not self.wrong_totals and not self.wrong_stock


def summary(run: Run) -> Iterator[str]:
    yield from _invoices(run)
    yield from _lines(run.plan)
    codes = Counter(code for code, _ in run.skus)
    several = sum(prices > 1 for prices in codes.values())
    yield f"Products: {len(run.skus)}, one for each price of {len(codes)} stock codes; {several} codes have several"
    yield f"Customers: {run.customers}"
    yield f"Speed: {len(run.outcomes) / run.seconds:.1f} orders/s ({run.seconds:.1f} s, {run.workers} at a time)"
    yield from _checks(run)


def _invoices(run: Run) -> Iterator[str]:
    plan = run.plan
    yield f"Invoices in the file: {len(plan.orders) + plan.invoices_out.total()}"
    yield _row(len(run.new), "placed now")
    yield _row(len(run.placed) - len(run.new), "replayed: an earlier run had placed them")
    yield _row(plan.invoices_out.total(), "not ordered, by the commonest reason among their lines:")
    yield from _reasons(plan.invoices_out)
    yield _row(len(run.refused), "refused by the shop")
    for reason, count in Counter(refused.reason for refused in run.refused.values()).most_common():
        yield _row(count, f"{reason}: {_some([i for i, r in run.refused.items() if r.reason == reason])}", indent=4)
    statuses = Counter(placed.status for placed in run.placed.values())
    yield f"Orders by status: {', '.join(f'{status} {count}' for status, count in statuses.most_common()) or 'none'}"


def _lines(plan: Plan) -> Iterator[str]:
    ordered = sum(len(order.lines) for order in plan.orders)
    yield f"Lines in the file: {ordered + plan.lines_out.total()}"
    yield _row(ordered, "in orders")
    yield _row(plan.lines_out.total(), "left out:")
    yield from _reasons(plan.lines_out)


def _checks(run: Run) -> Iterator[str]:
    by_shop = sum((placed.total for placed in run.placed.values()), Decimal(0))
    by_file = sum(run.control.totals.values(), Decimal(0))
    yield f"Sum of all orders: {by_shop:.2f} by the shop, {by_file:.2f} by the file"
    yield f"every total equal: {_yes(run.wrong_totals)}"
    yield f"stock as the file says, product by product: {_yes(run.wrong_stock)}"


def _yes(wrong: list[str]) -> str:
    return f"no, {len(wrong)} differ: {_some(wrong)}" if wrong else "yes"


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:EXAMPLES]) + (f" and {len(ids) - EXAMPLES} more" if len(ids) > EXAMPLES else "")


def _reasons(counted: Counter[Reason]) -> Iterator[str]:
    for reason, count in counted.most_common():
        yield _row(count, reason.value, indent=4)


def _row(count: int, text: str, indent: int = 0) -> str:
    return f"{' ' * indent}{count:>8}  {text}"
