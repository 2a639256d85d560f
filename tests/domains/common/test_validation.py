"""Texts that look empty are empty, and texts that look alike are one."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from domains.common.data.filling import refuse_twins
from domains.common.errors import FieldErrorCode
from domains.common.validation import checked, visible
from domains.products.models import Product
from tests.factories import ProductFactory, UserFactory

JOINED = [
    "\u06cc\u200c\u0631",
    "\u0915\u094d\u200d\u0937",
    "\u2764\ufe0f\u200d\U0001f525",
    "1\ufe0f\u20e3",
    "\U0001f469\U0001f3fd\u200d\U0001f373",
]


@pytest.mark.parametrize("text", ["Ann", "Zo\u00eb", "O\u2019Neil", *JOINED], ids=ascii)
def test_what_people_write_is_a_text(text: str) -> None:
    assert checked(text, most=20) == (text, None)


@pytest.mark.parametrize(
    "text",
    [
        "\u200b",
        "\u3164",
        "\u2800",
        "\ufeffAnn",
        "An\u200dn",
        "A\u00adnn",
        "Ann\u202e",
        "A\nB",
        "A\0B",
        "A\x9bB",
        "A\u2028B",
        "A\ufe0f",
    ],
    ids=ascii,
)
def test_what_nobody_sees_is_refused(text: str) -> None:
    assert checked(text, most=20)[1]
    assert checked(visible(text) + "x", most=20)[1] is None


def test_lines_are_refused_unless_the_text_may_have_them() -> None:
    assert checked("one\r\n\ttwo", most=20, lines=True) == ("one\r\n\ttwo", None)
    assert checked("one\x0btwo", most=20, lines=True)[1]


def test_a_text_far_too_long_is_not_even_looked_at() -> None:
    marks = "a" + "\u0301\u0316" * 200_000  # composing them would take minutes
    assert checked(marks, most=200)[1] == (FieldErrorCode.TOO_LONG, "Must have 1 to 200 characters")


@pytest.mark.django_db
def test_twins_from_before_are_named_and_stop_the_migration() -> None:
    call_command("list_twins", stdout=StringIO())
    for sku in ("JUG-1", "Jug-1", "OTHER"):
        ProductFactory.create(sku=sku)
        Product.objects.update(unique_key=None)  # as an older release wrote them
    UserFactory.create(email="ada@b\u00fccher.example")
    UserFactory.create(email="ada@xn--bcher-kva.example")
    out = StringIO()
    with pytest.raises(CommandError, match="2 groups"):
        call_command("list_twins", stdout=out)
    assert "accounts.User email: 'ada@b\u00fccher.example' = 'ada@xn--bcher-kva.example'" in out.getvalue()
    with pytest.raises(SystemExit, match=r"products.Product sku: 'JUG-1' = 'Jug-1'\nNothing was changed"):
        refuse_twins(Product, Product.unique_by)
