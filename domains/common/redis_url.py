"""What REDIS_URL may say: one server, with or without TLS, or sentinels that know which server is the master.

Read with the settings, so this module imports no Django settings.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

FORMS = "redis://, rediss:// or sentinel://:PASSWORD@ONE:26379,TWO:26379/0?master=NAME"


class Sentinels(NamedTuple):
    """Where they are, the name under which they know the master, and how to sign in there."""

    nodes: list[tuple[str, int]]
    master: str
    options: dict[str, Any]


def sentinels(url: str) -> Sentinels | None:
    """Those of a URL that names some. Raises ImproperlyConfigured for one that cannot be used."""
    parts = urlsplit(url)
    if not url or parts.scheme in {"redis", "rediss"}:
        return None
    query = dict(parse_qsl(parts.query))
    master = query.pop("master", "")
    if parts.scheme != "sentinel" or not master or query:  # TLS among them: never silently without
        raise ImproperlyConfigured(f"REDIS_URL must be {FORMS}; sentinels are asked without TLS")
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, password = map(unquote, user.partition(":"))
    options = {"db": int(parts.path.strip("/") or 0), "username": name or None, "password": password or None}
    return Sentinels([_node(host) for host in hosts.split(",")], master, options)


def _node(host: str) -> tuple[str, int]:
    name, _, port = host.partition(":")
    return name, int(port or 26_379)


def broker(url: str) -> tuple[str, dict[str, Any]]:
    """The same as Celery says it: its URL, and what belongs to the options of its transport."""
    if found := sentinels(url):
        user, parts = urlsplit(url).netloc.rpartition("@")[0], urlsplit(url)
        nodes = [f"sentinel://{user and f'{user}@'}{host}:{port}{parts.path}" for host, port in found.nodes]
        return ";".join(nodes), {"master_name": found.master}
    if url.startswith("rediss:") and "ssl_cert_reqs=" not in url:  # which it would not look at
        return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required", {}
    return url, {}
