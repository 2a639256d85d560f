"""What people see of themselves and of each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from domains.accounts.models import Session, User
from tests.api import Api, gid
from tests.factories import SessionFactory, UserFactory

pytestmark = pytest.mark.django_db

ME = "{ me { id email name isStaff emailVerified version } }"
SESSIONS = "{ me { sessions { id current userAgent ipAddress lastUsedAt expiresAt createdAt } } }"
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


def test_ones_own_living_sessions_show_newest_first_and_which_is_current(api: Api, customer: User) -> None:
    here = Session.objects.get()
    newer = SessionFactory.create(user=customer, user_agent="phone", created_at=timezone.now() + timedelta(minutes=1))
    SessionFactory.create(user=customer, revoked_at=timezone.now())
    SessionFactory.create(user=customer, expires_at=timezone.now())
    SessionFactory.create()
    sessions = api.data(SESSIONS)["me"]["sessions"]
    assert [session["id"] for session in sessions] == [gid(newer), gid(here)]
    assert [session["current"] for session in sessions] == [False, True]
    assert sessions[1]["ipAddress"] == "127.0.0.1"


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
