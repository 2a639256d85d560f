"""Texts that people take for one are folded to one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.common.data.folding import folded, kept, searchable, words


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("CRÈME brûlée", "creme brulee"),
        ("Straße", "strasse"),
        ("\ufb01ne \uff21\uff22", "fine ab"),
        ("Women\u2019s \u201cbest\u201d \u2014 no\u2011iron", 'women\'s "best" - no-iron'),
        ("Smørrebrød Łódź œuvre \u0130stanbul", "smorrebrod lodz oeuvre istanbul"),
        (" two \u00a0 spaces\t", "two spaces"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("ΣΟΦΟΣ σοφός", "σοφοσ σοφοσ"),
        ("\u200b", ""),
    ],
)
def test_case_accents_and_typography_do_not_count(text: str, plain: str) -> None:
    assert folded(text) == plain


@given(st.text())
def test_every_form_of_a_text_is_folded_alike_and_folding_twice_changes_nothing(text: str) -> None:
    forms = {folded(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {folded(text)} == {folded(folded(text))}
    assert searchable(searchable(text)) == searchable(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Salt/Pepper", ["salt", "pepper"]),
        ("O'Brien\u2019s T-shirt, 1.5 l", ["o", "brien", "s", "t", "shirt", "1", "5", "l"]),
        ("Cup\u2014saucer_set", ["cup", "saucer", "set"]),
        ("\u00ab100 %\u00bb", ["100"]),
        ("日本語・テスト", ["日本語", "テスト"]),
        ("&|!():*<->'\\", []),
    ],
)
def test_all_but_letters_digits_and_marks_parts_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_text_is_kept_composed() -> None:
    assert kept("bru\u0302le\u0301e") == "br\u00fbl\u00e9e"
