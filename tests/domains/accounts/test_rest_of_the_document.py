"""What follows the end of one's session in the same document is asked by nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from domains.accounts.models import AuditEvent, RefreshToken, Session, User
from domains.accounts.tokens import GRACE, digest
from domains.common.background.models import OutboxMessage
from tests.api import Api, gid, sign_in
from tests.domains.accounts.mails import deliver, reset_token
from tests.factories import PASSWORD, SessionFactory

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "Saffron-Kettle-42"
RENAME = 'updateProfile(input: {name: "Eve"}) { __typename }'
SIGN_IN = f'login(input: {{{{email: "{{email}}", password: "{PASSWORD}"}}}})'
CLOSE = f'deactivateAccount(input: {{currentPassword: "{PASSWORD}"}})'
CHANGE = f'changePassword(input: {{currentPassword: "{PASSWORD}", newPassword: "{NEW}"}}) {{ __typename }}'
VERIFY = "requestEmailVerification { __typename }"
ENDS = ["logout", "logoutEverywhere", "revokeSession", "deactivateAccount", "resetPassword", "refreshToken"]
OWN = "user { email sessions { id } auditEvents { id } }"


def spent(secret: str) -> None:
    """As if somebody had used it a while ago."""
    Api().call("refreshToken", "__typename", refreshToken=secret)
    RefreshToken.objects.filter(revoked__isnull=False).update(revoked=timezone.now() - GRACE - timedelta(seconds=1))


@pytest.fixture
def ends(customer: User) -> dict[str, Any]:
    """Each mutation that can end the session of its own request; and that session's access token."""
    Api().call("requestPasswordReset", "email", email=customer.email)
    reset = reset_token(*deliver())
    tokens = sign_in(customer)
    spent(tokens.refresh_token)
    session = Session.objects.get(refresh_tokens__token=digest(tokens.refresh_token))
    return {
        "token": tokens.access_token,
        "logout": "logout { __typename }",
        "logoutEverywhere": "logoutEverywhere { __typename }",
        "revokeSession": f'revokeSession(input: {{sessionId: "{gid(session)}"}}) {{ __typename }}',
        "deactivateAccount": f"{CLOSE} {{ __typename }}",
        "resetPassword": f'resetPassword(input: {{token: "{reset}", newPassword: "{NEW}"}}) {{ __typename }}',
        "refreshToken": f'refreshToken(input: {{refreshToken: "{tokens.refresh_token}"}}) {{ __typename }}',
    }


@pytest.mark.parametrize(
    ("end", "then"),
    [
        *((end, RENAME) for end in ENDS),
        *(("logout", then) for then in (CHANGE, "logoutEverywhere { __typename }", VERIFY)),
    ],
)
def test_nothing_is_done_for_somebody_whose_session_has_just_ended(
    customer: User, ends: dict[str, Any], end: str, then: str
) -> None:
    api = Api(token=ends["token"])
    answer = api.post(f"mutation {{ a: {ends[end]} b: {then} }}")
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["b"], "UNAUTHENTICATED")]
    assert User.objects.get(id=customer.id).name == customer.name
    assert OutboxMessage.objects.filter(done_at__isnull=True).count() == (end == "resetPassword")  # its notice
    assert api.code("{ me { email } }") == "UNAUTHENTICATED"


def test_whoever_ends_another_session_goes_on(api: Api, customer: User) -> None:
    other = SessionFactory.create(user=customer)
    revoke = f'revokeSession(input: {{sessionId: "{gid(other)}"}}) {{ __typename }}'
    assert api.data(f"mutation {{ a: {revoke} b: {RENAME} }}")["b"] == {"__typename": "UpdateProfileSuccess"}


@pytest.mark.parametrize(
    "refused",
    [f"{CLOSE} {{ __typename }}".replace(PASSWORD, "wrong"), 'refreshToken(input: {refreshToken: "x"}) { __typename }'],
)
def test_whoever_ended_nothing_goes_on(api: Api, refused: str) -> None:
    assert api.data(f"mutation {{ a: {refused} b: {RENAME} }}")["b"] == {"__typename": "UpdateProfileSuccess"}


def test_whoever_changes_the_password_goes_on(api: Api, customer: User) -> None:
    SessionFactory.create(user=customer)
    document = f"""mutation {{ a: {CHANGE}
        b: updateProfile(input: {{name: "Ada King"}}) {{ ... on UpdateProfileSuccess {{ {OWN} }} }} }}"""
    user = api.data(document)["b"]["user"]
    assert (user["email"], len(user["sessions"])) == (customer.email, 1)
    assert user["auditEvents"]


def test_a_closed_account_is_shown_once_more_and_nothing_that_belongs_to_it(api: Api, customer: User) -> None:
    answer = api.data(f"mutation {{ {CLOSE} {{ ... on DeactivateAccountSuccess {{ {OWN} }} }} }}")
    assert answer["deactivateAccount"]["user"] == {"email": customer.email, "sessions": [], "auditEvents": []}


def test_what_was_read_for_the_viewer_is_not_shown_to_nobody(api: Api, customer: User) -> None:
    """The last field answers the same person's row, to somebody who has no access token yet."""
    document = f"""mutation {{
        a: updateProfile(input: {{name: "Ada King"}}) {{ ... on UpdateProfileSuccess {{ {OWN} }} }}
        b: logoutEverywhere {{ __typename }}
        c: {SIGN_IN.format(email=customer.email)} {{ ... on LoginSuccess {{ {OWN} }} }} }}"""
    answer = api.data(document)
    assert answer["a"]["user"]["sessions"]
    assert answer["a"]["user"]["auditEvents"]
    assert answer["c"]["user"] == {"email": customer.email, "sessions": [], "auditEvents": []}
    assert AuditEvent.objects.filter(user=customer, type="SIGNED_IN").count() == 2
