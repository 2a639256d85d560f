"""What an operator chooses about mails, whichever domain sends them."""

from __future__ import annotations

from domains.common.environment import env

DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Ordergraph <orders@example.com>")
FRONTEND_URL: str = env.str("FRONTEND_URL", default="http://127.0.0.1:8000")  # where their links lead
