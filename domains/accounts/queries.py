"""Root query fields of accounts."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domains.accounts import models
from domains.accounts.filtering import UserQuery
from domains.accounts.inputs import UserFilter
from domains.accounts.loaders import UserByIdLoader
from domains.accounts.types import User, UserConnection
from domains.common.graphql.connections import After, Before, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.loaders import Pending
from domains.common.graphql.paging import Ordering, Page, Pager, paginate
from domains.common.graphql.permissions import IsStaff, guarded_field

NEWEST_FIRST = Ordering("created_at", descending=True)


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

    @guarded_field(
        graphql_type=UserConnection | None,
        description="Everybody with an account, newest first: customers, staff, and those whose account was closed.",
        permission_classes=[IsStaff],
    )
    def customers(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[UserFilter | None, strawberry.argument(description="Which of them.")] = strawberry.UNSET,
    ) -> Page:
        query = filter.query() if filter else UserQuery()
        pager = Pager.of(models.User, NEWEST_FIRST, first, after, last, before, scope=["customers", query.scope])
        return paginate(info.context.loaders, query, pager)
