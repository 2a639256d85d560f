"""Where a request comes from, for what is counted by address."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings


@lru_cache(maxsize=4_096)  # asked at every request
def network(address: str | None) -> str:
    """Who shares a budget: an IPv4 address; of IPv6 the /64, which is what one subscriber has; the unknown, all."""
    if not address:
        return ""
    parsed = ip_address(address)
    return str(ip_network((parsed, 64), strict=False) if isinstance(parsed, IPv6Address) else parsed)


def is_trusted(address: str | None) -> bool:
    """Whether it is in BUDGET_TRUSTED_ADDRESSES: a server of the team's own, behind which there are many people."""
    trusted = settings.BUDGET_TRUSTED_ADDRESSES
    return bool(address and trusted) and any(ip_address(address or "") in network for network in trusted)
