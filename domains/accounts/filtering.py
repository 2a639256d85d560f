"""Which people a list holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from domains.accounts.models import User, UserQuerySet
from domains.common.data.searching import begun
from domains.common.graphql.listing import Listing
from domains.common.viewer import Viewer


@dataclass(frozen=True, slots=True)
class UserQuery(Listing):
    """The checked filter of a list of people: lookups, and the `words` or else the `email` that a search asks for."""

    words: list[str] | None = None
    email: str | None = None
    is_staff: bool | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None

    def rows(self, viewer: Viewer) -> UserQuerySet:
        """Those that meet all conditions but the search; deactivated people are among them."""
        lookups = {name: value for name, value in self.given().items() if name not in ("words", "email")}
        return User.objects.visible_to(viewer).filter(**lookups)

    @property
    def searched(self) -> Q | None:
        """What is searched for, in addition: all words begin words of the name, or the whole begins the e-mail."""
        if self.words is None:
            return None
        by_name = begun("name_words", self.words)
        return by_name | Q(email_key__startswith=self.email) if self.email else by_name
