"""Postal addresses: what they must be like, and the copy that an order keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from domains.common.errors import FieldErrorCode
from domains.common.validation import Problems
from domains.delivery.countries import country_of, needs_postal_code

MOST_CHARACTERS = {"phone": 40, "postal_code": 20}  # of the others:
USUAL_MOST = 100
_INPUT_NAMES = {"postal_code": "postalCode", "country_code": "countryCode"}  # of the others: the same


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


def checked_address(sent: Address, problems: Problems, *path: str) -> Address:
    """The address as it is kept: trimmed, in NFC, its country in capitals. All that is wrong with it is added to the
    problems, below `path` in the input.

    A postal code is required where the country's addresses have one, and welcome everywhere; nothing is compared with
    patterns or lists of regions (see `countries`).
    """
    found = Problems()
    kept = {field.name: _text(field.name, getattr(sent, field.name), found) for field in fields(Address)}
    country = country_of(kept["country_code"])
    required = ["name", "line1", "city", "country_code"]
    if country is None and kept["country_code"]:
        found.add("countryCode", message="Must be an ISO 3166-1 alpha-2 code, such as GB")
    elif country and needs_postal_code(country):
        required.append("postal_code")
    for name in required:
        if not kept[name]:
            found.add(_input_name(name), message="Is required here", code=FieldErrorCode.REQUIRED)
    problems.found += [replace(problem, path=[*path, *problem.path]) for problem in found.found]
    return Address(**kept | {"country_code": country or ""})


def _text(name: str, value: str, found: Problems) -> str:
    return found.text(_input_name(name), value, least=0, most=MOST_CHARACTERS.get(name, USUAL_MOST))


def _input_name(name: str) -> str:
    return _INPUT_NAMES.get(name, name)
