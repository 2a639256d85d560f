"""Which texts are one: how text is kept, and how it is folded so that what people type finds what others wrote.

Folded in Python because PostgreSQL does it only with an extension or with ICU, and a server may have neither. What is
stored and what is asked for go through the same function.
"""

from __future__ import annotations

import re
from unicodedata import category, combining, normalize

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        # Letters that Unicode does not take apart, as people write them whose keyboards lack them.
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
    }
)
_VARIATION = re.compile("[\ufe00-\ufe0f]")
_ASCII_WORD = re.compile("[a-z0-9]+")


def kept(text: str) -> str:
    """The text as it is stored: NFC, so that letters that look the same are the same bytes."""
    return normalize("NFC", text)


def folded(text: str) -> str:
    """Without case, accents and typographic marks (curly quotes, long dashes), and with single spaces: a sort key.

    NFKD, so ligatures and wide letters are the plain ones. What nobody sees (soft hyphens, joiners) is left out.
    """
    return " ".join((_ascii(text) if text.isascii() else _unicode(text)).split())


def words(text: str) -> list[str]:
    """The folded words of a text, for searching. All but letters, digits and marks parts words: slash, dot, quote."""
    plain = folded(text)
    if plain.isascii():
        return _ASCII_WORD.findall(plain)
    return "".join(char if category(char)[0] in "LMN" else " " for char in plain).split()


def searchable(text: str) -> str:
    """Its words, as the columns of a search hold them."""
    return " ".join(words(text))


def _ascii(text: str) -> str:
    return text.lower().replace("`", "'")


def _unicode(text: str) -> str:
    apart = normalize("NFKD", _VARIATION.sub("", text).translate(_PLAIN)).casefold().translate(_PLAIN)
    return "".join(char for char in normalize("NFKD", apart) if not combining(char) and category(char) != "Cf")
