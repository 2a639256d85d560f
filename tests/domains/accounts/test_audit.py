"""The audit trail: who, what, when and from where, and nothing that is a secret or names a person."""

from __future__ import annotations

from typing import Any

import pytest

from domains.accounts.models import AuditEvent, Session, User
from domains.accounts.types import AuditEventType
from tests.api import Api, gid
from tests.domains.common.refusals import refusal
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "user { id }"


def trail() -> list[tuple[Any, ...]]:
    """Type, person, session and address of each event, in order."""
    fields = ("type", "user_id", "session_id", "ip_address")
    return list(AuditEvent.objects.order_by("created_at", "id").values_list(*fields))


def test_a_sign_in_tells_who_where_and_which_session(nobody: Api, customer: User) -> None:
    nobody.call("login", LOGIN, email=customer.email, password=PASSWORD)
    assert trail() == [("SIGNED_IN", customer.id, Session.objects.get().id, "127.0.0.1")]


def test_registering_is_told_with_the_first_sign_in(nobody: Api) -> None:
    nobody.call("register", LOGIN, email="ada@example.com", password="Saffron-Kettle-42", name="Ada")
    user, session = User.objects.get(), Session.objects.get()
    assert trail() == [
        ("REGISTERED", user.id, None, "127.0.0.1"),
        ("SIGNED_IN", user.id, session.id, "127.0.0.1"),
    ]


def test_failures_are_told_also_when_they_name_nobody(nobody: Api, customer: User) -> None:
    for email in (customer.email, "nobody@example.com"):
        refusal(nobody, "login", "InvalidCredentialsError", email=email, password="wrong")
    assert trail() == [
        ("SIGN_IN_FAILED", customer.id, None, "127.0.0.1"),
        ("SIGN_IN_FAILED", None, None, "127.0.0.1"),
    ]


def test_what_fails_is_rolled_back_with_what_it_would_have_told(nobody: Api, customer: User) -> None:
    refusal(nobody, "register", "EmailTakenError", email=customer.email, password="Saffron-Kettle-42", name="Ada")
    assert trail() == []


def test_no_event_holds_an_email_a_name_or_a_password(nobody: Api) -> None:
    nobody.call("register", LOGIN, email="ada@example.com", password="Saffron-Kettle-42", name="Ada Canary")
    refusal(nobody, "login", "InvalidCredentialsError", email="ada@example.com", password="canary-pass")
    told = str(list(AuditEvent.objects.values()))
    for secret in ("ada@example.com", "Canary", "canary-pass", "Saffron"):
        assert secret not in told


EVENTS = "query ($id: ID!) { node(id: $id) { ... on User { auditEvents { id type ipAddress createdAt } } } }"


def test_people_read_their_own_trail_newest_first(api: Api, customer: User) -> None:
    refusal(api, "login", "InvalidCredentialsError", email=customer.email, password="wrong")
    events = api.data(EVENTS, {"id": gid(customer)})["node"]["auditEvents"]
    assert [(event["type"], event["ipAddress"]) for event in events] == [
        ("SIGN_IN_FAILED", "127.0.0.1"),
        ("SIGNED_IN", None),  # the session of `api`, which no request made
    ]
    node = api.data("query ($id: ID!) { node(id: $id) { __typename id } }", {"id": events[0]["id"]})["node"]
    assert node == {"__typename": "AuditEvent", "id": events[0]["id"]}


def test_events_are_ones_own_also_for_staff(staff: Api, nobody: Api, customer: User) -> None:
    event = AuditEvent.objects.create(type="SIGNED_IN", user=customer)
    unknown = AuditEvent.objects.create(type="SIGN_IN_FAILED")
    assert staff.data(EVENTS, {"id": gid(customer)})["node"]["auditEvents"] == []
    for api in (staff, nobody):
        for hidden in (event, unknown):
            assert api.data("query ($id: ID!) { node(id: $id) { id } }", {"id": gid(hidden)}) == {"node": None}


def test_every_kind_of_event_has_its_place_in_the_schema() -> None:
    assert {kind.value for kind in AuditEventType} == set(AuditEvent.Type.values)
