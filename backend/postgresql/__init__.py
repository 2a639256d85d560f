"""Django's PostgreSQL engine with bounded waits (`base`), and the bounds of web processes.

Tools tell the kind of database by the name of the engine, so the word is in it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

PATIENCE = 0.5  # seconds beyond its own limit that a server may be silent


def bounded(options: dict[str, Any]) -> dict[str, Any]:
    """OPTIONS of the connections of web processes: of reads for a client that waits.

    Half of the time may go into waiting for a lock, such as that of a migration. Transactions that write set limits of
    their own, which go before these. The limits are of the connection, so they cost nothing; DATABASE_SEND_LIMITS says
    whether we send them, or the role or pooler has them. Nor are statements compiled: it takes longer than to run them.
    """
    seconds = settings.DATABASE_READ_SECONDS
    limits = {"statement_timeout": round(seconds * 1000), "lock_timeout": round(seconds * 500), "jit": "off"}
    sent = [f"-c {name}={limit}" for name, limit in limits.items() if settings.DATABASE_SEND_LIMITS]
    return {**options, "silence": seconds + PATIENCE, "options": " ".join([*sent, options.get("options", "")])}
