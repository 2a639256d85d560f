"""Root query fields of the outbox."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry
from django.db.models import QuerySet

from domains.common.graphql.connections import After, Before, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.listing import Listing
from domains.common.graphql.paging import Ordering, Page, Pager, paginate
from domains.common.graphql.permissions import IsStaff, guarded_field
from domains.common.viewer import Viewer
from domains.operations import models
from domains.operations.types import FailedMessageConnection

NEWEST_FIRST = Ordering("created_at", descending=True)


@dataclass(frozen=True, slots=True)
class FailedMessages(Listing):
    """All of them."""

    def rows(self, viewer: Viewer) -> QuerySet[models.FailedMessage]:
        """For staff alone."""
        return models.FailedMessage.objects.visible_to(viewer)


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
        pager = Pager.of(models.FailedMessage, NEWEST_FIRST, first, after, last, before, scope="failedMessages")
        return paginate(info.context.loaders, FailedMessages(), pager)
