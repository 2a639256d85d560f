"""A session ends alone, or all of a person's end, and nobody can end another's."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from domains.accounts import services
from domains.accounts.errors import InvalidTokenError
from domains.accounts.models import AuditEvent, Session, User
from domains.accounts.services.sessions import end_sessions, logout_everywhere, revoke_session
from domains.accounts.tokens import Tokens, viewer_of
from domains.common.data.transactions import short_transaction
from domains.common.errors import NotFoundError, UnauthenticatedError
from domains.common.viewer import Viewer
from tests.api import sign_in
from tests.factories import SessionFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def ended(tokens: Tokens) -> bool:
    """Whether neither the access token nor the refresh token is worth anything."""
    try:
        viewer_of(tokens.access_token)
    except UnauthenticatedError:
        with pytest.raises(InvalidTokenError):
            services.refresh(refresh_token=tokens.refresh_token)
        return True
    return False


def known(*sessions: Tokens) -> list[Viewer]:
    return [viewer_of(tokens.access_token) for tokens in sessions]


def test_logout_ends_one_session(customer: User) -> None:
    here, there = sign_in(customer), sign_in(customer)
    viewer, _ = known(here, there)
    assert services.logout(viewer=viewer) == 1
    assert (ended(here), ended(there)) == (True, False)
    assert services.logout(viewer=viewer) == 0


def test_a_session_can_be_ended_from_another_device(customer: User) -> None:
    here, there = sign_in(customer), sign_in(customer)
    viewer, other = known(here, there)
    assert other.session_id
    assert revoke_session(viewer=viewer, session_id=other.session_id).revoked_at
    assert (ended(here), ended(there)) == (False, True)
    with pytest.raises(NotFoundError):
        revoke_session(viewer=viewer, session_id=other.session_id)


def test_nobody_ends_a_session_of_somebody_else_or_one_that_is_not(customer: User, staff_member: User) -> None:
    theirs = SessionFactory.create(user=customer)
    outlived = SessionFactory.create(user=staff_member, expires_at=timezone.now())
    (viewer,) = known(sign_in(staff_member))
    for session_id in (theirs.id, outlived.id, uuid4()):
        with pytest.raises(NotFoundError):
            revoke_session(viewer=viewer, session_id=session_id)
    assert Session.objects.get(id=theirs.id).revoked_at is None


def test_logging_out_everywhere_ends_all_sessions_of_one_person(customer: User) -> None:
    mine, other = [sign_in(customer) for _ in range(3)], sign_in(UserFactory.create())
    viewer, *_ = known(*mine, other)
    SessionFactory.create(user=customer, revoked_at=timezone.now())
    assert logout_everywhere(viewer=viewer) == 3
    assert all(ended(tokens) for tokens in mine)
    assert not ended(other)
    assert User.objects.get(id=customer.id).token_version == 1
    assert not ended(sign_in(User.objects.get(id=customer.id)))


def test_a_kept_session_goes_on_with_all_of_its_tokens(customer: User) -> None:
    here, there = sign_in(customer), sign_in(customer)
    viewer, _ = known(here, there)
    with short_transaction():
        assert end_sessions(user_id=customer.id, keep=viewer.session_id) == 1
    assert (ended(here), ended(there)) == (False, True)
    services.refresh(refresh_token=here.refresh_token)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}], ids=str)
def test_the_deactivated_and_the_demoted_lose_everything_at_once(staff_member: User, change: dict[str, bool]) -> None:
    tokens = sign_in(staff_member)
    assert known(tokens)[0].is_staff
    with short_transaction():
        User.objects.filter(id=staff_member.id).update(**change)
        end_sessions(user_id=staff_member.id)
    assert ended(tokens)


def test_what_is_rolled_back_ended_nothing(customer: User) -> None:
    tokens = sign_in(customer)
    known(tokens)

    def fails() -> None:
        with short_transaction():
            end_sessions(user_id=customer.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not ended(tokens)


def test_each_end_is_in_the_audit_trail(customer: User) -> None:
    here, there = sign_in(customer), sign_in(customer)
    viewer, other = known(here, there)
    assert other.session_id
    revoke_session(viewer=viewer, session_id=other.session_id)
    services.logout(viewer=viewer)
    logout_everywhere(viewer=viewer)
    trail = AuditEvent.objects.filter(user=customer).order_by("id").values_list("type", "session_id")
    assert list(trail)[2:] == [
        ("SESSION_REVOKED", other.session_id),
        ("SIGNED_OUT", viewer.session_id),
        ("SIGNED_OUT_EVERYWHERE", viewer.session_id),
    ]
