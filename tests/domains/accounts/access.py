"""Who gets what of accounts."""

from __future__ import annotations

from domains.accounts.models import AuditEvent, Session, User
from tests.api import gid, sign_in
from tests.factories import PASSWORD
from tests.schema.tables import NO_STAFF, NOBODY, OWNER, OWNER_AND_STAFF, Shown, Table

ROOTS: Table = {
    "me": ("", ("null", "User", "User", "User")),
    "customers": ("", (NOBODY, NO_STAFF, NO_STAFF, "User")),
    "register": ("email: $free, password: $password, name: $text", ("RegisterSuccess",) * 4),
    "login": ("email: $email, password: $password", ("LoginSuccess",) * 4),
    "refreshToken": ("refreshToken: $text", ("InvalidTokenError",) * 4),
    "requestPasswordReset": ("email: $email", ("RequestPasswordResetSuccess",) * 4),
    "resetPassword": ("token: $text, newPassword: $password", ("InvalidTokenError",) * 4),
    "verifyEmail": ("token: $text", ("InvalidTokenError",) * 4),
    "logout": ("", (NOBODY, *("LogoutSuccess",) * 3)),
    "logoutEverywhere": ("", (NOBODY, *("LogoutSuccess",) * 3)),
    "revokeSession": ("sessionId: $session", (NOBODY, "NotFoundError", "RevokeSessionSuccess", "NotFoundError")),
    "updateProfile": ("name: $text", (NOBODY, *("UpdateProfileSuccess",) * 3)),
    "changePassword": (
        "currentPassword: $text, newPassword: $password",
        (NOBODY, *("InvalidCredentialsError",) * 3),
    ),
    "requestEmailVerification": ("", (NOBODY, *("RequestEmailVerificationSuccess",) * 3)),
    "myData": ("", (NOBODY, *("PersonalDataRange",) * 3)),
    "requestErasure": ("currentPassword: $text", (NOBODY, *("InvalidCredentialsError",) * 3)),
    "cancelErasure": ("", (NOBODY, *("NotFoundError",) * 3)),
    "deactivateAccount": ("currentPassword: $text", (NOBODY, *("InvalidCredentialsError",) * 3)),
}
NODES: Shown = {"User": OWNER_AND_STAFF, "Session": OWNER, "AuditEvent": OWNER}


def things(customer: User) -> dict[str, str]:
    sign_in(customer)
    return {
        "user": gid(customer),
        "session": gid(Session.objects.filter(user=customer).latest("created_at")),
        "email": customer.email,
        "password": PASSWORD,
    }


def nodes(customer: User) -> dict[str, str]:
    sign_in(customer)
    event = AuditEvent.objects.create(user=customer, type=AuditEvent.Type.SIGNED_IN)
    return {"User": gid(customer), "Session": gid(Session.objects.get(user=customer)), "AuditEvent": gid(event)}
