"""Which invoice lines become orders: every line is ordered or counted under one reason."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from tests.replay.rules import Limits, Plan, Reason, make_plan, order_key, skus, whole

LIMITS = Limits(lines=3, quantity=50)
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
DIRTY = (
    HEADER
    + """\
900001,70001,TIN BUCKET  WITH LID,6.0,2031-05-02 09:00:00,4.95,40001.0,United Kingdom
900001,70002a,"CUSHION, STRIPED",2.0,2031-05-02 09:00:00,12.5,40001.0,United Kingdom
900001,POST,POSTAGE,1.0,2031-05-02 09:00:00,18.0,40001.0,United Kingdom
900001,70003,FREE LEAFLET,1.0,2031-05-02 09:00:00,0.0,40001.0,United Kingdom
900002,70001,TIN BUCKET WITH LID,20.0,2031-05-02 09:10:00,4.25,40002.0,France
900002,70001,TIN BUCKET WITH LID,30.0,2031-05-02 09:10:00,4.25,40002.0,France
900002,70002A,"CUSHION, STRIPED",51.0,2031-05-02 09:10:00,12.5,40002.0,France
C900003,70001,TIN BUCKET WITH LID,-6.0,2031-05-02 09:20:00,4.95,40001.0,United Kingdom
900004,70001,TIN BUCKET WITH LID,1.0,2031-05-02 09:30:00,9.13,,United Kingdom
900005,70004,wet boxes,-12.0,2031-05-02 09:40:00,0.0,,United Kingdom
900006,70001,TIN BUCKET WITH LID,26.0,2031-05-02 09:50:00,4.95,40003.0,United Kingdom
900006,70001,TIN BUCKET WITH LID,25.0,2031-05-02 09:50:00,4.95,40003.0,United Kingdom
900007,70001,TIN BUCKET WITH LID,1.0,2031-05-02 10:00:00,4.95,40003.0,United Kingdom
900007,70002A,"CUSHION, STRIPED",1.0,2031-05-02 10:00:00,12.5,40003.0,United Kingdom
900007,70003,POSTER,1.0,2031-05-02 10:00:00,3.0,40003.0,United Kingdom
900007,70004,RULER,1.0,2031-05-02 10:00:00,1.0,40003.0,United Kingdom
900008,M,Manual,1.0,2031-05-02 10:10:00,7.5,40001.0,United Kingdom
900009,70003,POSTER,1.0,2031-05-02 10:20:00,3.0,40001.0,United Kingdom
900009,70003,POSTER,1.0,2031-05-02 10:20:00,3.0,40002.0,United Kingdom
900010,70003,POSTER,1.5,2031-05-02 10:30:00,3.0,40002.0,United Kingdom
900011,70003,POSTER,1.0,2031-05-02 10:30:00,3.005,40002.0,United Kingdom
900012,70003,POSTER,-1.0,2031-05-02 10:30:00,3.0,40002.0,United Kingdom
"""
)


def plan_of(text: str, *, at_most: int | None = None) -> Plan:
    return make_plan(enumerate(csv.DictReader(text.splitlines()), start=2), limits=LIMITS, at_most=at_most)


def test_every_line_and_invoice_is_ordered_or_counted_under_one_reason() -> None:
    plan = plan_of(DIRTY)
    assert sum(plan.lines_out.values()) + sum(len(order.lines) for order in plan.orders) == 22
    assert sum(plan.invoices_out.values()) + len(plan.orders) == 12


def test_an_invoice_is_ordered_without_its_unfit_lines() -> None:
    first = plan_of(DIRTY).orders[0]
    assert (first.number, first.customer) == ("900001", "40001")
    assert first.items == Counter({("70001", 495): 6, ("70002A", 1250): 2})
    assert [line.description for line in first.lines] == ["TIN BUCKET WITH LID", "CUSHION, STRIPED"]


def test_lines_of_one_product_are_added_up_to_the_limit() -> None:
    second = plan_of(DIRTY).orders[1]
    assert second.items == Counter({("70001", 425): 50})


def test_each_reason_names_its_lines() -> None:
    assert plan_of(DIRTY).lines_out == Counter(
        {
            Reason.FEE: 2,
            Reason.NO_PRICE: 1,
            Reason.OVER_QUANTITY: 1,
            Reason.RETURN: 1,
            Reason.NO_CUSTOMER: 2,
            Reason.OVER_SUM: 2,
            Reason.OVER_LINES: 4,
            Reason.SEVERAL_CUSTOMERS: 2,
            Reason.UNREADABLE: 2,
            Reason.NOT_POSITIVE: 1,
        }
    )


def test_each_reason_names_its_invoices() -> None:
    assert plan_of(DIRTY).invoices_out == Counter(
        {
            Reason.FEE: 1,
            Reason.RETURN: 1,
            Reason.NO_CUSTOMER: 2,
            Reason.OVER_SUM: 1,
            Reason.OVER_LINES: 1,
            Reason.SEVERAL_CUSTOMERS: 1,
            Reason.UNREADABLE: 2,
            Reason.NOT_POSITIVE: 1,
        }
    )


def test_a_limit_leaves_later_invoices_out_by_name() -> None:
    plan = plan_of(DIRTY, at_most=1)
    assert [order.number for order in plan.orders] == ["900001"]
    assert plan.invoices_out[Reason.OVER_LIMIT] == 1
    assert plan.lines_out[Reason.OVER_LIMIT] == 2


def test_every_price_of_a_stock_code_has_a_product_of_its_own() -> None:
    assert skus(plan_of(DIRTY).orders) == {
        ("70001", 495): "70001",
        ("70002A", 1250): "70002A",
        ("70001", 425): "70001@4.25",
    }


def test_a_limit_does_not_change_which_sku_a_price_gets() -> None:
    few, all_ = skus(plan_of(DIRTY, at_most=1).orders), skus(plan_of(DIRTY).orders)
    assert few.items() <= all_.items()


def test_the_key_of_an_invoice_depends_on_file_and_number_alone() -> None:
    assert order_key("ab" * 32, "900001") == order_key("ab" * 32, "900001")
    assert len({order_key(file, number) for file in ("aa", "bb") for number in ("900001", "900002")}) == 4


@pytest.mark.parametrize("text", ["", "x", "1.005", "NaN", "Infinity", "1e999999", "1e20", "--1"])
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    assert whole(text, shift=2) is None


@pytest.mark.parametrize(
    ("text", "minor"), [("2.55", 255), ("18.0", 1800), (" 3 ", 300), ("-0.01", -1), ("1e2", 10000)]
)
def test_an_exact_amount_is_read_in_minor_units(text: str, minor: int) -> None:
    assert whole(text, shift=2) == minor
