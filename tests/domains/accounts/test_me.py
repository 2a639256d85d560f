"""What people see of themselves and of each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from domains.accounts.models import AuditEvent, Session, User
from tests.api import Api, gid
from tests.factories import SessionFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

ME = "{ me { id email name isStaff emailVerified version } }"
SESSIONS = "{ me { sessions { id current userAgent ipAddress lastUsedAt expiresAt createdAt } } }"
HISTORY = """query ($id: ID!, $sessionPage: String, $auditEventPage: String) { node(id: $id) { ... on User {
    sessions { id }
    sessionPage(first: 100, after: $sessionPage) { nodes { id } totalCount pageInfo { endCursor } }
    auditEventPage(first: 100, after: $auditEventPage) { nodes { id } totalCount pageInfo { endCursor } } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { __typename ... on User { email sessions { id } } } }"


def test_me_is_the_person_who_is_signed_in(api: Api, customer: User) -> None:
    assert api.data(ME)["me"] == {
        "id": gid(customer),
        "email": customer.email,
        "name": customer.name,
        "isStaff": False,
        "emailVerified": False,
        "version": 1,
    }


def test_a_confirmed_email_shows(api: Api) -> None:
    User.objects.update(email_verified_at=timezone.now())
    assert api.data(ME)["me"]["emailVerified"] is True


def test_ones_own_living_sessions_show_this_one_first_and_then_the_newest(api: Api, customer: User) -> None:
    here = Session.objects.get()
    soon = timezone.now() + timedelta(minutes=1)
    newer = SessionFactory.create(user=customer, user_agent="phone", created_at=soon)
    older = SessionFactory.create(user=customer, created_at=here.created_at - timedelta(minutes=1))
    SessionFactory.create(user=customer, revoked_at=timezone.now())
    SessionFactory.create(user=customer, expires_at=timezone.now())
    SessionFactory.create()
    sessions = api.data(SESSIONS)["me"]["sessions"]
    assert [session["id"] for session in sessions] == [gid(here), gid(newer), gid(older)]
    assert [session["current"] for session in sessions] == [True, False, False]
    assert sessions[0]["ipAddress"] == "127.0.0.1"


def test_a_hundred_sign_ins_hide_neither_the_asking_session_nor_what_is_older(
    api: Api, staff: Api, customer: User
) -> None:
    here, soon = Session.objects.get(user=customer), timezone.now() + timedelta(minutes=1)
    SessionFactory.create_batch(100, user=customer, created_at=soon)
    AuditEvent.objects.bulk_create(AuditEvent(user=customer, type="SIGNED_IN", created_at=soon) for _ in range(100))
    first = api.data(HISTORY, {"id": gid(customer)})["node"]
    cursors = {name: first[name]["pageInfo"]["endCursor"] for name in ("sessionPage", "auditEventPage")}
    assert (len(first["sessions"]), first["sessions"][0]["id"]) == (100, gid(here))
    assert (first["sessionPage"]["totalCount"], first["auditEventPage"]["totalCount"]) == (101, 101)
    rest = api.data(HISTORY, {"id": gid(customer), **cursors})["node"]
    assert rest["sessionPage"]["nodes"] == [{"id": gid(here)}]
    assert rest["auditEventPage"]["nodes"] == [{"id": gid(AuditEvent.objects.earliest("created_at"))}]
    seen = staff.data(HISTORY, {"id": gid(customer)})["node"]
    assert [seen[name]["nodes"] for name in ("sessionPage", "auditEventPage")] == [[], []]
    assert staff.code(HISTORY, {"id": gid(StaffFactory.create()), **cursors}) == "INVALID_CURSOR"


def test_staff_see_people_but_nobody_elses_sessions(staff: Api, staff_member: User, customer: User) -> None:
    SessionFactory.create(user=customer)
    answer = staff.data(NODE, {"id": gid(customer)})
    assert answer["node"] == {"__typename": "User", "email": customer.email, "sessions": []}
    assert len(staff.data(NODE, {"id": gid(staff_member)})["node"]["sessions"]) == 1


def test_people_are_hidden_from_each_other_and_from_nobody(api: Api, nobody: Api, customer: User) -> None:
    assert api.data(NODE, {"id": gid(UserFactory.create())}) == {"node": None}
    assert nobody.data(NODE, {"id": gid(customer)}) == {"node": None}


def test_a_session_is_found_by_its_owner_alone_and_while_it_lives(api: Api, staff: Api, customer: User) -> None:
    session = SessionFactory.create(user=customer)
    assert api.data(NODE, {"id": gid(session)}) == {"node": {"__typename": "Session"}}
    assert staff.data(NODE, {"id": gid(session)}) == {"node": None}
    Session.objects.filter(id=session.id).update(revoked_at=timezone.now())
    assert api.data(NODE, {"id": gid(session)}) == {"node": None}
