"""Root query fields of the outbox."""

from __future__ import annotations

import strawberry

from domains.common.graphql.connections import After, Before, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.paging import Ordering, Page, Pager, paginate
from domains.common.graphql.permissions import IsStaff, guarded_field
from domains.operations import models
from domains.operations.types import FailedMessageConnection

NEWEST_FIRST = Ordering("created_at", descending=True)


@strawberry.type
class Query:
    @guarded_field(
        graphql_type=FailedMessageConnection,
        description="Work that is not tried any more, the latest promised first; see `retryMessage`.",
        permission_classes=[IsStaff],
    )
    def failed_messages(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Page:
        rows = models.FailedMessage.objects.visible_to(info.context.viewer)
        pager = Pager.of(models.FailedMessage, NEWEST_FIRST, first, after, last, before, scope="failedMessages")
        return paginate(rows, pager)
