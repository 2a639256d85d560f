"""Where a request comes from, as far as it can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address

from django.conf import settings


def client_address(meta: Mapping[str, str]) -> str:
    """The client's IPv4 or IPv6 address; empty when the server knows none (a Unix socket without a proxy).

    Behind TRUSTED_PROXIES proxies, each of which appends who spoke to it to X-Forwarded-For, it is that many entries
    from the right: what stands further left was sent by the client, who may have made it up. An entry that is missing
    or no address tells that the request did not come through the proxies.
    """
    peer = _address(meta.get("REMOTE_ADDR", ""))
    hops = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 1 <= settings.TRUSTED_PROXIES <= len(hops):
        return peer
    return _address(hops[-settings.TRUSTED_PROXIES].strip()) or peer


def _address(text: str) -> str:
    """In the usual spelling: a client has one address however it is written."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return ""
        return str(address.ipv4_mapped or address)
    return str(address)
