"""Who is asking. Every query for rows is scoped by a viewer."""

from __future__ import annotations

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
