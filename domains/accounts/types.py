"""What clients see of people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from django.db.models import Model
from strawberry import auto

from domains.accounts import models
from domains.accounts.loaders import (
    MOST,
    AuditEventsByUserIdLoader,
    OwnAuditEvents,
    OwnSessions,
    SessionsByUserIdLoader,
)
from domains.common.data import personal
from domains.common.errors import RequestError
from domains.common.graphql.connections import After, Before, Connection, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.listing import Listing
from domains.common.graphql.loaders import each
from domains.common.graphql.paging import Ordering, Page, Pager, paginate
from domains.common.graphql.types import Node, batched, entity, related, show_choices


@entity(models.Session, description="A signed-in device.", visible_to="Only its owner sees it.")
class Session(Node):
    user_agent: auto
    ip_address: auto
    last_used_at: auto
    expires_at: auto
    created_at: auto = strawberry.field(description="When it was signed in.")

    @strawberry.field(description="Whether this request belongs to it.")
    def current(self, root: strawberry.Parent[models.Session], info: Info) -> bool:
        return root.id == info.context.viewer.session_id


AuditEventType = models.AuditEvent.Type
show_choices(
    AuditEventType,
    name="AuditEventType",
    description="What happened to an account's security. Values are added, never renamed.",
)


@entity(
    models.AuditEvent,
    description="One thing that happened to an account's security.",
    visible_to="Only its owner sees it.",
)
class AuditEvent(Node):
    type: AuditEventType
    ip_address: auto
    created_at: auto = strawberry.field(description="When it happened.")


def own_pages(listing: Listing, model: type[Model], of: type, *, description: str) -> Any:
    """A connection of rows that are the person's own, newest first; an empty one for anybody else."""

    def resolve(
        root: strawberry.Parent[list[models.User]],
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> list[Page | RequestError]:
        viewer, newest = info.context.viewer, Ordering("created_at", descending=True)

        def page(person_id: UUID) -> Page:
            pager = Pager.of(model, newest, first, after, last, before, scope=[model.__name__, person_id])
            own = person_id == viewer.user_id
            return paginate(info.context.loaders, listing, pager) if own else pager.page([], lambda: 0)

        pages = each((person.id for person in root), page)
        return [pages[person.id] for person in root]

    return batched(graphql_type=of, description=description, scope="one's own, also for staff")(resolve)


@strawberry.type(description="Something that must end before a person can be erased.")
class ErasureObstacleSummary:
    visible_to: ClassVar[str] = "Visible to that person and to staff."
    code: str = strawberry.field(
        description="OPEN_ORDERS, OPEN_PAYMENTS, OPEN_REFUNDS or OPEN_DISPUTES; more may come."
    )
    count: int = strawberry.field(description="How many there are, 1 or more.")
    message: str = strawberry.field(description="What it is, for people. In English.")


@entity(models.User, description="A person with an account.", visible_to="Visible to that person and to staff.")
class User(Node):
    email: auto
    name: auto
    is_staff: auto
    version: auto
    created_at: auto = strawberry.field(description="When the account was made.")
    updated_at: auto
    erasure_due_at: auto
    erased_at: auto
    email_verified: bool = strawberry.field(description="Whether the e-mail was confirmed by a link sent to it.")
    sessions: list[Session] = related(
        SessionsByUserIdLoader,
        description="Signed-in devices: this one, then the newest, at most 100; `sessionPage` has all. One's own only: "
        "staff see an empty list for others.",
        scope="SessionsByUserIdLoader: one's own, also for staff",
        size=MOST,
    )
    session_page = own_pages(
        OwnSessions(),
        models.Session,
        Connection[Session],
        description="All signed-in devices, newest first. One's own only: staff see an empty page for others.",
    )
    audit_events: list[AuditEvent] = related(
        AuditEventsByUserIdLoader,
        description="Sign-ins, failures, password and e-mail changes, newest first, at most 100; `auditEventPage` has "
        "all. Kept 180 days by default. One's own only: staff see an empty list for others.",
        scope="AuditEventsByUserIdLoader: one's own, also for staff",
        size=MOST,
    )
    audit_event_page = own_pages(
        OwnAuditEvents(),
        models.AuditEvent,
        Connection[AuditEvent],
        description="All of `auditEvents`, newest first. One's own only: staff see an empty page for others.",
    )

    @strawberry.field(
        description="The address that becomes `email` when the link sent to it is opened; null when none waits."
    )
    def pending_email(self, root: strawberry.Parent[models.User]) -> str | None:
        return root.pending_email or None

    @batched(
        graphql_type=list[ErasureObstacleSummary],
        description="What `requestErasure` waits for, however late it gets; empty when nobody has asked for it.",
        needs=["id", "erasure_due_at"],
        scope="counts, of a person whom the viewer sees",
        size=4,
    )
    def erasure_waits_for(self, root: strawberry.Parent[list[models.User]]) -> list[list[ErasureObstacleSummary]]:
        found = personal.obstacles({person.id for person in root if person.erasure_due_at})
        return [
            [ErasureObstacleSummary(**asdict(obstacle)) for obstacle in found.get(person.id, [])] for person in root
        ]


UserConnection = Connection[User]


@strawberry.type(description="Some of what is held of the viewer: see `myData`.")
class PersonalDataRange:
    visible_to: ClassVar[str] = "Whom it is about."
    json: str = strawberry.field(
        description='A JSON object of lists: `{"account": [...], "orders": [...]}`. More lists and keys may come.'
    )
    end_cursor: str | None = strawberry.field(description="Send it as `after` for what follows; null at the end.")


@strawberry.type(description="What a client keeps to stay signed in. Never put a token into a URL.")
class AuthTokens:
    visible_to: ClassVar[str] = "Whoever signed in with them."
    access_token: str = strawberry.field(description="Send as `Authorization: Bearer ...`. A JWT.")
    access_token_expires_at: datetime = strawberry.field(description="15 minutes after issue by default.")
    refresh_token: str | None = strawberry.field(
        description="Opaque; swap it for new tokens with `refreshToken`, once. Never null today."
    )
    refresh_token_expires_at: datetime = strawberry.field(description="7 days after issue by default.")
