"""The rules of delivery. Creating and updating are for staff; the caller has checked that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from domains.common.data.money import rate_in_force, to_minor, to_rate
from domains.common.data.prepared import fetch_one
from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import FieldErrorCode, FieldProblem, NotFoundError, StaleObjectError
from domains.common.validation import Problems
from domains.delivery.addresses import Address, checked_address
from domains.delivery.countries import NO_COUNTRY, country_of
from domains.delivery.models import DeliveryMethod

__all__ = [
    "Address",
    "Method",
    "MethodEdit",
    "checked_address",
    "create_method",
    "not_offered",
    "update_method",
    "wanted",
]

MAX_DESCRIPTION_CHARACTERS = 1_000

_WANTED = """SELECT id, name, price, tax_rate FROM delivery_deliverymethod
    WHERE id = %s AND active AND (country_codes = '{}' OR %s = ANY(country_codes))"""


class Method(NamedTuple):
    """What an order keeps of its delivery method. `price` is in minor units, `tax_rate` the percentage in force."""

    id: UUID
    name: str
    price: int
    tax_rate: Decimal


def wanted(method_id: UUID, country_code: str) -> Method | None:
    """The active method that serves the country, a code in any case; None when there is none. One statement."""
    country = country_of(country_code)
    row = fetch_one(_WANTED, method_id, country) if country else None
    return Method(row[0], row[1], row[2], rate_in_force(row[3])) if row else None


def not_offered(*path: str) -> FieldProblem:
    """What is wrong where `wanted` finds none: the path leads to the method's id in the input."""
    message = "There is no such delivery method, or it does not serve this country; choose another"
    return FieldProblem(list(path), message, FieldErrorCode.UNKNOWN)


@dataclass(frozen=True, slots=True)
class MethodEdit:
    """The fields of a delivery method to set; None leaves a field as it is. `no_rate` takes its own tax rate away.

    `price` is in major units of STORE_CURRENCY, `tax_rate` in percent; no country codes: everywhere.
    """

    name: str | None = None
    description: str | None = None
    price: Decimal | None = None
    tax_rate: Decimal | None = None
    no_rate: bool = False
    country_codes: Sequence[str] | None = None
    active: bool | None = None


def create_method(*, edit: MethodEdit) -> DeliveryMethod:
    """Add a method, which `edit` names and prices. Raises ValidationError, which names everything that is wrong."""
    problems, method = Problems(), DeliveryMethod()
    _apply(method, edit, problems)
    problems.check()
    method.save(force_insert=True)
    return method


@retried
def update_method(*, method_id: UUID, edit: MethodEdit, expected_version: int | None) -> DeliveryMethod:
    """Change a method and raise its version. Raises NotFoundError, StaleObjectError or ValidationError."""
    problems = Problems()
    with short_transaction():
        method = DeliveryMethod.objects.select_for_update(no_key=True).filter(id=method_id).first()
        if method is None:
            raise NotFoundError("There is no such delivery method", path=["methodId"])
        StaleObjectError.check(method.version, expected_version, what="method")
        changed = _apply(method, edit, problems)
        problems.check()
        method.version += 1
        method.save(update_fields=[*changed, "version", "updated_at"])
    return method


def _apply(method: DeliveryMethod, edit: MethodEdit, problems: Problems) -> dict[str, Any]:
    """Set the given fields on the method, collecting problems; the columns that were set."""
    changed: dict[str, Any] = {}
    if edit.name is not None:
        changed["name"] = problems.text("name", edit.name, most=100)
    if edit.description is not None:
        most = MAX_DESCRIPTION_CHARACTERS
        changed["description"] = problems.text("description", edit.description, least=0, most=most, lines=True)
    if edit.price is not None:
        with problems.collecting():
            changed["price"] = to_minor(edit.price, settings.STORE_CURRENCY, path=["price"])
    if edit.tax_rate is not None or edit.no_rate:
        with problems.collecting():
            changed["tax_rate"] = None if edit.tax_rate is None else to_rate(edit.tax_rate, path=["taxRate"])
    if edit.country_codes is not None:
        changed["country_codes"] = _countries(edit.country_codes, problems)
    if edit.active is not None:
        changed["active"] = edit.active
    for column, value in changed.items():
        setattr(method, column, value)
    return changed


def _countries(codes: Sequence[str], problems: Problems) -> list[str]:
    """In capitals, each once, in the order given."""
    found = [country_of(code) for code in codes]
    for position, country in enumerate(found):
        if country is None:
            problems.add("countryCodes", str(position), message=NO_COUNTRY, code=FieldErrorCode.INVALID)
    return [*dict.fromkeys(country for country in found if country)]
