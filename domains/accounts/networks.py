"""From where people have proven lately who they are: by a password, or by a link that was mailed to them."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from domains.accounts.models import KnownNetwork

KNOWN = timedelta(days=max(30, settings.SESSION_LIFETIME_DAYS))  # as long as a session that began there may live
# Plain SQL, as each guess of a flood asks.
LATELY = """
    SELECT FROM accounts_knownnetwork AS known JOIN accounts_user AS person ON person.id = known.user_id
    WHERE person.email = %s AND person.is_active AND known.network = %s AND known.seen_at > %s
"""


def network(address: str | None) -> str:
    """Who shares a budget: an IPv4 address; of IPv6 the /64, which is what one subscriber has; the unknown, all."""
    if address is None:
        return ""
    parsed = ip_address(address)
    return str(ip_network((parsed, 64), strict=False) if isinstance(parsed, IPv6Address) else parsed)


def remember(user_id: UUID, address: str | None) -> None:
    """This person has just proven who they are from there. In the caller's transaction."""
    if address is None:
        return
    known = KnownNetwork(user_id=user_id, network=network(address), seen_at=timezone.now())
    changes = ["seen_at", "updated_at"]
    KnownNetwork.objects.bulk_create(
        [known], update_conflicts=True, unique_fields=["user", "network"], update_fields=changes
    )


def is_known(email: str, here: str) -> bool:
    """Whether the active account of this e-mail has been proven from this network in KNOWN.

    One statement by two unique indexes, the same for an e-mail that is nobody's.
    """
    with connection.cursor() as cursor:
        cursor.execute(LATELY, [email, here, timezone.now() - KNOWN])
        return cursor.fetchone() is not None


def outdated() -> QuerySet[KnownNetwork]:
    """Those that say nothing any more."""
    return KnownNetwork.objects.filter(seen_at__lt=timezone.now() - KNOWN)
