"""Production: refuses to start on anything that is only fit for development."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

from backend.settings import base
from backend.settings.base import *  # noqa: F403
from backend.settings.domains import problems
from domains.common.environment import SECRET_RULE, env, is_secret


def _problems() -> Iterator[str]:
    if base.DEBUG:
        yield "DEBUG is on; unset it"
    if not is_secret(base.SECRET_KEY):
        yield f"SECRET_KEY must be {SECRET_RULE}"
    if not all(map(is_secret, base.SECRET_KEY_FALLBACKS)):
        yield f"each of SECRET_KEY_FALLBACKS must be {SECRET_RULE}"
    if not base.ALLOWED_HOSTS or any(host.strip() in {"*", "."} for host in base.ALLOWED_HOSTS):
        yield "ALLOWED_HOSTS must name the hosts this service answers for; a wildcard is not accepted"
    yield from (f"{name} is not set" for name in ("DATABASE_URL", "REDIS_URL") if not env.str(name, default=""))
    yield from problems(vars(base))


if _found := list(_problems()):
    raise ImproperlyConfigured(f"Refusing to start in production: {'; '.join(_found)}")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if base.TRUST_PROXY else None
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
WEB_DRAIN_SECONDS = env.float("WEB_DRAIN_SECONDS", default=8.0)
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# No cookie says who somebody is, so there is no request that another site could forge.
SILENCED_SYSTEM_CHECKS = ["security.W003"]
