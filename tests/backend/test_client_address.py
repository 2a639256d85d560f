"""A client's address is where it is, not what it says."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from backend.middleware import believed_address
from domains.accounts.models import AuditEvent, Session
from tests.api import Api
from tests.domains.accounts.strangers import newcomer
from tests.factories import PASSWORD

LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "192.0.2.1"),
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9,198.51.100.7 ", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "198.51.100.7", "192.0.2.1"),  # it came by a shorter way: whose word this is, nobody knows
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9, unknown", "192.0.2.1"),
        (1, "198.51.100.7:4711", "192.0.2.1"),
        (1, "2001:DB8:0:0::7", "2001:db8::7"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "fe80::1%eth0", "192.0.2.1"),
        (1, "1" * 10_000, "192.0.2.1"),
        (1, "198.51.100.7\n", "198.51.100.7"),
    ],
)
def test_what_proxies_add_is_believed_and_nothing_else(
    proxies: int, forwarded: str, address: str, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert believed_address({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": forwarded}) == address


@pytest.mark.parametrize("peer", ["", "unix:", "not an address"])
def test_a_connection_without_an_address_has_none(peer: str) -> None:
    assert believed_address({"REMOTE_ADDR": peer}) == ""


@pytest.mark.django_db
def test_a_forged_header_reaches_neither_session_nor_audit_trail() -> None:
    user = newcomer()
    Api(address="192.0.2.1").post(
        LOGIN, {"input": {"email": user.email, "password": PASSWORD}}, **{"X-Forwarded-For": "203.0.113.9"}
    )
    assert Session.objects.get(user=user).ip_address == "192.0.2.1"
    assert set(AuditEvent.objects.filter(user=user).values_list("ip_address", flat=True)) == {"192.0.2.1"}
