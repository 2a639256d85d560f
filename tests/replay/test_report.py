"""The summary of a replay finds every difference between the shop and the file."""

from __future__ import annotations

import lzma
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domains.common.data.csvfile import UnreadableFileError
from tests.replay.client import Placed, Refused
from tests.replay.reading import control_sums, file_hash, read_lines
from tests.replay.report import Run, summary
from tests.replay.rules import Limits, Reason, make_plan, skus

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
FILE = (
    HEADER
    + """\
910001,71001,"STOOL,
FOLDING",2.0,2031-06-01 10:00:00,0.1,41001.0,United Kingdom
910001,71002b,LAMP,3.0,2031-06-01 10:00:00,0.2,41001.0,United Kingdom

910001,POST,POSTAGE,1.0,2031-06-01 10:00:00,18.0,41001.0,United Kingdom
910002,71001,STOOL,5.0,2031-06-01 10:05:00,0.15,41002.0,United Kingdom
910003,71001,STOOL,5.0,2031-06-01 10:05:00,0.15,,United Kingdom
"""
)
STARTED = datetime(2031, 6, 2, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "invoices.csv"
    path.write_text(FILE)
    return path


@pytest.fixture
def run(file: Path) -> Run:
    """A replay in which everything went well."""
    plan = make_plan(read_lines(file), limits=Limits(100, 100))
    return Run(
        plan=plan,
        skus=skus(plan.orders),
        customers=2,
        outcomes={
            "910001": Placed("2031-000001", "CONFIRMED", Decimal("0.80"), STARTED, replayed=False),
            "910002": Placed("2031-000002", "CONFIRMED", Decimal("0.75"), STARTED, replayed=False),
        },
        control=control_sums(file, {order.number: {line.number for line in order.lines} for order in plan.orders}),
        before={"71001": 12, "71002B": 13, "71001@0.15": 15},
        after={"71001": 10, "71002B": 10, "71001@0.15": 10},
        started=STARTED,
        seconds=0.5,
        workers=8,
    )


def changed(run: Run, invoice: str, outcome: Placed | Refused) -> Run:
    return replace(run, outcomes={**run.outcomes, invoice: outcome})


def test_control_sums_are_exact_and_take_the_ordered_lines_only(run: Run) -> None:
    assert run.control.totals == {"910001": Decimal("0.8"), "910002": Decimal("0.75")}


def test_a_replay_that_agrees_says_so(run: Run) -> None:
    text = "\n".join(summary(run))
    assert run.agrees
    assert "every total equal: yes" in text
    assert "Sum of all orders: 1.55 by the shop, 1.55 by the file" in text
    assert "Speed: 4.0 orders/s" in text
    assert f"1  {Reason.FEE.value}" in text
    assert f"1  {Reason.NO_CUSTOMER.value}" in text


def test_an_order_of_another_sum_is_named(run: Run) -> None:
    wrong = changed(run, "910002", Placed("2031-000002", "CONFIRMED", Decimal("0.76"), STARTED, replayed=False))
    assert wrong.wrong_totals == ["910002"]
    assert "every total equal: no, 1 differ: 910002" in "\n".join(summary(wrong))


def test_an_invoice_that_the_shop_refused_is_named_with_its_reason(run: Run) -> None:
    refused = changed(run, "910002", Refused("InsufficientStockError", "5 asked for, 1 in stock"))
    assert not refused.agrees
    assert "1  InsufficientStockError: 910002" in "\n".join(summary(refused))


def test_a_product_of_which_too_few_or_too_many_are_gone_is_named(run: Run) -> None:
    assert replace(run, after={**run.after, "71002B": 9}).wrong_stock == ["71002B"]
    assert replace(run, after={**run.after, "71001": 12}).wrong_stock == ["71001"]


def test_what_an_earlier_run_placed_takes_no_stock_again(run: Run) -> None:
    earlier = Placed("2031-000002", "CONFIRMED", Decimal("0.75"), STARTED - timedelta(days=1), replayed=True)
    again = changed(run, "910002", earlier)
    assert again.wrong_stock == ["71001@0.15"]
    assert replace(again, after={**run.after, "71001@0.15": 15}).agrees


def test_an_order_whose_first_answer_was_lost_counts_as_placed_now(run: Run) -> None:
    late = Placed("2031-000002", "CONFIRMED", Decimal("0.75"), STARTED + timedelta(seconds=1), replayed=True)
    assert changed(run, "910002", late).agrees


def test_a_compressed_file_gives_the_same_plan_and_sums(run: Run, tmp_path: Path) -> None:
    packed = tmp_path / "invoices.csv.xz"
    packed.write_bytes(lzma.compress(FILE.encode()))
    assert make_plan(read_lines(packed), limits=Limits(100, 100)) == run.plan
    assert control_sums(packed, {"910001": {2, 4}}).totals == {"910001": Decimal("0.8")}
    assert file_hash(packed) == file_hash(packed)


def test_the_second_edition_of_the_data_and_its_best_known_encoding_are_read(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\r\n"
    path.write_bytes(f"{header}910001,1A,MUG £3 CAFÉ,2,2009-12-01 07:45:00,6.95,90001.0,France\r\n".encode("cp1252"))
    plan = make_plan(read_lines(path), limits=Limits(100, 100))
    assert [(line.customer, line.description) for line in plan.orders[0].lines] == [("90001", "MUG £3 CAFÉ")]
    assert control_sums(path, {"910001": {2}}).totals == {"910001": Decimal("13.90")}


@pytest.mark.parametrize("content", ["", "InvoiceNo,StockCode\n1,2\n", HEADER + '1,2,"LOST QUOTE,1,2031,1.0,3,UK\n'])
def test_a_file_that_cannot_be_read_to_its_end_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(content)
    with pytest.raises(UnreadableFileError):
        list(read_lines(path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError):
        list(read_lines(tmp_path / "absent.csv.xz"))
