"""Root query fields of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from django.core.signing import BadSignature, Signer

from domains.accounts import models, services
from domains.accounts.filtering import UserQuery
from domains.accounts.inputs import UserFilter
from domains.accounts.loaders import UserByIdLoader
from domains.accounts.types import PersonalDataRange, User, UserConnection
from domains.common.data.models import NO_ID
from domains.common.data.personal import START, Position
from domains.common.errors import InvalidCursorError
from domains.common.graphql.connections import After, Before, First, Last, given
from domains.common.graphql.context import Info
from domains.common.graphql.loaders import Pending
from domains.common.graphql.paging import Ordering, Page, Pager, paginate
from domains.common.graphql.permissions import IsAuthenticated, IsStaff, guarded_field

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

    @guarded_field(
        graphql_type=PersonalDataRange,
        description="All that is held of the viewer, in plain JSON, to be downloaded: account, sessions, what happened "
        "to the account, orders, payments, mails. A part at a time, at most 100 rows or about 1 MB: ask again with "
        "`after` until `endCursor` is null, and join the lists of one name.",
        permission_classes=[IsAuthenticated],
        cost=4_000,  # a hundred orders with all that hangs on them
    )
    def my_data(self, info: Info, after: After = strawberry.UNSET) -> PersonalDataRange:
        person_id = info.context.viewer.user_id or NO_ID
        signer = Signer(salt=f"cursor:personal:{person_id}")
        json, end = services.part(person_id, _opened(signer, given(after)))
        return PersonalDataRange(
            json=json, end_cursor=end and signer.sign_object([end.name, end.created_at.isoformat(), end.id.hex])
        )


def _opened(signer: Signer, cursor: str | None) -> Position:
    if cursor is None:
        return START
    try:
        name, created_at, id_ = signer.unsign_object(cursor)
    except (BadSignature, ValueError):
        raise InvalidCursorError from None
    return Position(name, datetime.fromisoformat(created_at), UUID(hex=id_))
