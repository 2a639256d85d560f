"""All that is held of a person, in one file by the command, in parts by the API."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from domains.accounts.models import User
from domains.orders.models import Order
from domains.payments.models import Payment
from tests.api import Api
from tests.domains.orders.lives import EMAIL, at_home, live, somebody
from tests.domains.orders.shop import DATABASES
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


@pytest.fixture
def person() -> User:
    return somebody()


def test_everything_is_exported_but_secrets(person: User, tmp_path: Path) -> None:
    live(at_home())
    file = tmp_path / "person.json"
    call_command("export_person", EMAIL.upper(), output=file)
    assert oct(file.stat().st_mode)[-3:] == "600"
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_person", EMAIL, output=file)
    text = file.read_text()
    told = json.loads(text)
    assert {*told} == {
        *("mails", "idempotencyKeys", "account", "sessions", "knownNetworks", "auditEvents"),
        *("payments", "orders", "orderMails"),
    }
    assert told["account"][0]["email"] == EMAIL
    assert {order["deliveryAddress"]["line1"] for order in told["orders"] if order["deliveryAddress"]} == {
        "7 Nettle Road"
    }
    assert [line["quantity"] for order in told["orders"] for line in order["lines"]] == [2, 2, 1]
    assert any(mail_["payload"].get("address") == EMAIL for mail_ in told["mails"])
    secrets = [person.password, *Order.objects.values_list("payment__client_secret", "payment__method").first()]  # type: ignore[misc]
    assert not [secret for secret in secrets if secret and secret in text]


MINE = "query ($after: String) { myData(after: $after) { json endCursor } }"


def test_one_reads_the_same_by_the_api_in_parts_but_for_what_is_for_staff(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(own := at_home())
    Payment.objects.update(decline_code="stolen_card")
    monkeypatch.setattr("domains.accounts.services.exporting.PART_ROWS", 3)
    whole: dict[str, list[Any]] = {}
    after, parts = None, 0
    while True:
        part = own.data(MINE, {"after": after})["myData"]
        for name, rows in json.loads(part["json"]).items():
            whole.setdefault(name, []).extend(rows)
        parts, after = parts + 1, part["endCursor"]
        if after is None:
            break
        cursor = after
    stream = StringIO()
    call_command("export_person", EMAIL, stdout=stream)
    exported = json.loads(stream.getvalue())
    assert all({"disputes", "staffNotes"} <= payment.keys() for payment in exported["payments"])
    exported["payments"] = [
        {name: value for name, value in payment.items() if name not in ("disputes", "staffNotes")}
        for payment in exported["payments"]
    ]
    assert whole == exported
    assert {payment["declineCode"] for payment in whole["payments"]} == {"generic_decline"}
    assert parts > 5
    assert Api(UserFactory.create()).code(MINE, {"after": cursor}) == "INVALID_CURSOR"
