"""Who is asking, and from where. Every query for rows is scoped by a viewer."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person behind a request, as the verified access token tells; nobody when `user_id` is None."""

    user_id: UUID | None = None
    session_id: UUID | None = None
    is_staff: bool = False

    @property
    def is_authenticated(self) -> bool:
        return self.user_id is not None


ANONYMOUS = Viewer()

# Where the current request comes from, for records of what happened; set around each request, empty elsewhere.
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
