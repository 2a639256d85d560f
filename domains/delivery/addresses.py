"""Postal addresses: what they must be like, and the copy that an order keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from domains.common.data.folding import FoldedField, searchable
from domains.common.errors import FieldErrorCode
from domains.common.validation import Problems
from domains.delivery.countries import NO_COUNTRY, country_of, needs_postal_code

MOST_CHARACTERS = {"phone": 40, "postal_code": 20}  # of the others:
USUAL_MOST = 100


@dataclass(frozen=True, slots=True)
class Address:
    """Where an order goes. What is not there is empty; `country_code` is ISO 3166-1 alpha-2 in capitals."""

    name: str
    line1: str
    city: str
    country_code: str
    company: str = ""
    line2: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str = ""

    def to_json(self) -> dict[str, str]:
        """What `from_json` reads: its fields by their names here."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The address that `to_json` wrote."""
        return cls(**kept)

    @classmethod
    def kept(cls, column: Any) -> Self | None:
        """The address in a column, if any. A row that was not read by the ORM has the column as text."""
        return cls.from_json(json.loads(column) if isinstance(column, str) else column) if column else None


class RecipientField(FoldedField):
    """The words of the name in a column that keeps an address; empty without one."""

    def folded(self, texts: Iterable[Any]) -> str:
        """As for texts, of the one column."""
        (address,) = map(Address.kept, texts)
        return searchable(address.name) if address else ""


def checked_address(sent: Address, problems: Problems, *path: str) -> Address:
    """The address as it is kept: trimmed, in NFC, its country in capitals. All that is wrong with it is added to the
    problems, below `path` in the input.

    A postal code is required where the country's addresses have one, and welcome everywhere; nothing is compared with
    patterns or lists of regions (see `countries`).
    """
    found = Problems()
    country = _country(sent.country_code, found)
    required = {"name", "line1", "city"} | ({"postal_code"} if country and needs_postal_code(country) else set())
    texts = {
        name: found.text(
            "postalCode" if name == "postal_code" else name,
            text,
            least=int(name in required),
            most=MOST_CHARACTERS.get(name, USUAL_MOST),
        )
        for name, text in asdict(replace(sent, country_code=country)).items()
    }
    problems.found += [replace(problem, path=[*path, *problem.path]) for problem in found.found]
    return Address(**texts)


def _country(code: str, found: Problems) -> str:
    country = country_of(code)
    if country is None:
        missing = not code.strip()
        found.add(
            "countryCode", message=NO_COUNTRY, code=FieldErrorCode.REQUIRED if missing else FieldErrorCode.INVALID
        )
    return country or ""
