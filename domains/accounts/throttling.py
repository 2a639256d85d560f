"""How often somebody may guess, cause mails, or try whether an account exists.

Failed sign-ins: LOGIN_FAILURES_PER_MINUTE for an e-mail from one address, twice that for an e-mail from anywhere, ten
times that for an address; one a call, however many calls a request makes. Right ones have a budget of their own, as
each takes a hash and leaves rows: SIGN_INS for an account, ten times that for an address.

Whoever has proven lately, from an address, that an active account is theirs (by signing in, a new password by mail, or
the link that proves an e-mail) is not held there to what others guess elsewhere: nobody can lock an owner out from
afar, and who is locked out at a new address gets in by a new password. The price: somebody who shares an address with
the owner can tell there, while the e-mail is throttled elsewhere, that the account exists and was used there.
Registering tells the former to anybody (EmailTakenError), as slowly.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from domains.accounts.models import KnownNetwork, User
from domains.common.background.mails import UNPROVEN
from domains.common.guard.addresses import is_trusted, network
from domains.common.guard.throttling import Budget, attempt, spend
from domains.common.viewer import Viewer, client_address

SIGN_INS = 60  # in a minute
MAILS = 5  # that a person may ask for
MAIL_PERIOD = timedelta(minutes=15)
KNOWN = timedelta(days=max(30, settings.SESSION_LIFETIME_DAYS))  # as long as a session that began there may live
# Plain SQL, as each guess of a flood asks; one statement by two unique indexes, the same for the e-mail of nobody.
LATELY = """
    SELECT FROM accounts_knownnetwork AS known JOIN accounts_user AS person ON person.id = known.user_id
    WHERE person.email = %s AND person.is_active AND known.network = %s AND known.seen_at > %s
"""


def sign_in(email: str) -> AbstractContextManager[None]:
    """Around the check of a password. `email` is normalised. Raises RateLimitedError."""
    most, here = settings.LOGIN_FAILURES_PER_MINUTE, _here()
    pair = Budget("sign-in by e-mail and address", f"{email} {here}", most)
    address = Budget("sign-in by address", here, 10 * most)
    anywhere = [] if is_known(email, here) else [Budget("sign-in by e-mail", email, 2 * most)]
    successes = [Budget("signed in", email, SIGN_INS)]
    if not is_trusted(client_address.get()):
        successes.append(Budget("signed in by address", here, 10 * SIGN_INS))
    return attempt(failures=[pair, address, *anywhere], successes=successes, cleared=[pair])


def current_password(viewer: Viewer) -> AbstractContextManager[None]:
    """Around the check of the password of somebody who is signed in. Raises RateLimitedError."""
    budget = Budget("current password", str(viewer.user_id), settings.LOGIN_FAILURES_PER_MINUTE)
    return attempt(failures=[budget], cleared=[budget])


def registering() -> AbstractContextManager[None]:
    """Around what makes an account and mails it, or tells that an e-mail is taken. Raises RateLimitedError."""
    taken = Budget("e-mail taken by address", _here(), 2 * settings.LOGIN_FAILURES_PER_MINUTE)
    return attempt(failures=[taken], successes=[_mails_from_here()])


def mail_to(person: str) -> None:
    """Before each mail that somebody may ask for. `person` is an e-mail or an id. Raises RateLimitedError."""
    spend(Budget("mails", person, MAILS, MAIL_PERIOD), _mails_from_here())


def _mails_from_here() -> Budget:
    return Budget("mails by address", _here(), settings.MAILS_PER_ADDRESS, MAIL_PERIOD)


def remember(user_id: UUID) -> None:
    """This person has just proven who they are from the client's address, if known. In the caller's transaction."""
    if here := _here():
        KnownNetwork.objects.bulk_create(
            [KnownNetwork(user_id=user_id, network=here, seen_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["user", "network"],
            update_fields=["seen_at", "updated_at"],
        )


def is_known(email: str, here: str) -> bool:
    """Whether the active account of this e-mail has been proven from this network in KNOWN."""
    with connection.cursor() as cursor:
        cursor.execute(LATELY, [email, here, timezone.now() - KNOWN])
        return cursor.fetchone() is not None


def keys_of(person_id: UUID) -> list[str]:
    """Of the budgets that are a person's alone. Those by e-mail and address, too, end after a minute by themselves."""
    subjects = [str(person_id), *User.objects.filter(id=person_id).values_list("email", flat=True)]
    names = ("sign-in by e-mail", "signed in", "current password", "mails", UNPROVEN)
    return [key for name in names for subject in subjects for key in Budget(name, subject, 1).keys]


def _here() -> str:
    return network(client_address.get())
