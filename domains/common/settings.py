"""What an operator chooses about mails, budgets of callers and metrics, whichever domain they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

from domains.common.environment import env

DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Ordergraph <orders@example.com>")
FRONTEND_URL: str = env.str("FRONTEND_URL", default="") or "http://127.0.0.1:8000"  # where their links lead
FRONTEND_URL = FRONTEND_URL.rstrip("/")

# Cost units that an account, and an address, may have executed; an empty budget is full again after 25 s, so a 25th of
# these is earned each second. An address stands for all who are behind it.
BUDGET_ACCOUNT: int = env.limit("BUDGET_ACCOUNT", default=50_000)
BUDGET_ADDRESS: int = env.limit("BUDGET_ADDRESS", default=10 * BUDGET_ACCOUNT)
# A team's own servers that call for many people, as those that render pages: what is counted by address is not counted.
BUDGET_TRUSTED_ADDRESSES: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(network.strip()) for network in env.list("BUDGET_TRUSTED_ADDRESSES", default=[])
)

OUTBOX_RETENTION_DAYS: int = env.limit("OUTBOX_RETENTION_DAYS", default=7)  # of what is done

# Where /metrics is served, for Prometheus alone; 0: nowhere, and nothing is counted.
METRICS_PORT: int = env.limit("METRICS_PORT", default=0, least=0)
METRICS_HOST = "0.0.0.0"  # noqa: S104  # in a container, which publishes the port of the web server and not this one

DEVELOPMENT = {"METRICS_HOST": "127.0.0.1"}
TESTS = DEVELOPMENT | {
    "BUDGET_ACCOUNT": 1_000 * BUDGET_ACCOUNT,
    "BUDGET_ADDRESS": 1_000 * BUDGET_ADDRESS,
}  # one address sends all


def problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Why these settings are not fit for production."""
    url = urlsplit(env.str("FRONTEND_URL", default=""))
    if url.scheme not in {"http", "https"} or not url.hostname:
        yield "FRONTEND_URL must be the http or https address of your shop, where links in mails lead"
