"""How often somebody may guess, ask for mails, or try whether an account exists.

Sign-ins: LOGIN_FAILURES_PER_MINUTE for an e-mail from one address, twice that for an e-mail from anywhere, ten times
that for an address. Only failures count, one a call, however many calls a request makes. Whoever has signed in from
an address lately is not held to what others guess elsewhere: nobody can lock an owner out from afar.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.utils import timezone

from domains.accounts.models import Session
from domains.common.errors import RateLimitedError, TooManyRequestsError
from domains.common.throttling import Budget, counting_failures, spend
from domains.common.viewer import Viewer, client_address

KNOWN = timedelta(days=30)  # after a sign-in
MAX_KNOWN = 100  # sessions that are looked at
MAILS = 5  # for a person; ten times that for an address
MAIL_PERIOD = timedelta(minutes=15)


def sign_in(email: str) -> AbstractContextManager[None]:
    """Around the check of a password. `email` is normalised. Raises RateLimitedError."""
    most, here = settings.LOGIN_FAILURES_PER_MINUTE, _network(client_address.get())
    pair = Budget("sign-in by e-mail and address", f"{email} {here}", most)
    address = Budget("sign-in by address", here, 10 * most)
    anywhere = [] if _is_known(email, here) else [Budget("sign-in by e-mail", email, 2 * most)]
    return counting_failures(pair, address, *anywhere, cleared=[pair])


def current_password(viewer: Viewer) -> AbstractContextManager[None]:
    """Around the check of the password of somebody who is signed in. Raises RateLimitedError."""
    budget = Budget("current password", str(viewer.user_id), settings.LOGIN_FAILURES_PER_MINUTE)
    return counting_failures(budget, cleared=[budget])


def taking_an_email() -> AbstractContextManager[None]:
    """Around what tells a stranger whether an account has an e-mail. Raises RateLimitedError."""
    here = _network(client_address.get())
    return counting_failures(Budget("e-mail taken by address", here, 2 * settings.LOGIN_FAILURES_PER_MINUTE))


def mail_to(person: str) -> None:
    """Before each mail that somebody may ask for. `person` is an e-mail or an id. Raises RateLimitedError."""
    here = Budget("mails by address", _network(client_address.get()), 10 * MAILS, MAIL_PERIOD)
    spend(Budget("mails", person, MAILS, MAIL_PERIOD), here)


@contextmanager
def at_top_level() -> Iterator[None]:
    """For results without a RateLimitedError: it becomes TooManyRequestsError."""
    try:
        yield
    except RateLimitedError as refusal:
        raise TooManyRequestsError(refusal) from refusal


def _network(address: str | None) -> str:
    """Who shares a budget: an IPv4 address; of IPv6 the /64, which is what one subscriber has; the unknown, all."""
    if address is None:
        return ""
    parsed = ip_address(address)
    return str(ip_network((parsed, 64), strict=False) if isinstance(parsed, IPv6Address) else parsed)


def _is_known(email: str, here: str) -> bool:
    """Whether this person has signed in from there lately."""
    lately = Session.objects.filter(user__email=email, created_at__gt=timezone.now() - KNOWN).order_by("-created_at")
    return here in {_network(address) for address in lately.values_list("ip_address", flat=True)[:MAX_KNOWN] if address}
