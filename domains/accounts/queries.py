"""Root query fields of accounts."""

from __future__ import annotations

import strawberry

from domains.accounts import models
from domains.accounts.loaders import UserByIdLoader
from domains.accounts.types import User
from domains.common.graphql.context import Info
from domains.common.graphql.loaders import Pending


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=User | None,
        description="The person that is signed in; null for nobody.",
        metadata={"public": "null for nobody"},
    )
    def me(self, info: Info) -> Pending[models.User | None] | None:
        user_id = info.context.viewer.user_id
        return info.context.loaders.get(UserByIdLoader).load(user_id) if user_id else None
