"""Permission classes. They run before the resolver, so authorisation comes before validation.

Each carries the sentence that tells clients, and whatever declares a field with it appends that to the description.

A test holds the whole schema to these facts, which stand where a field or type is declared: a root field has a
permission class or says in `metadata={"public": ...}` why anybody may use it; a type says in `visible_to` who sees
it; a field that leads to somebody's rows, and a plain value in a result, say in `metadata={"scope": ...}` whose they
are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

import strawberry
from strawberry.permission import BasePermission

from domains.common.errors import ForbiddenError, UnauthenticatedError

OF_THE_CALL = {"scope": "about the viewer's own call"}


class IsAuthenticated(BasePermission):
    """Somebody is signed in; UNAUTHENTICATED otherwise."""

    told: ClassVar[str] = "For signed-in people; others: UNAUTHENTICATED."

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        return bool(info.context.viewer.is_authenticated)

    def on_unauthorized(self) -> NoReturn:
        raise UnauthenticatedError


class IsStaff(IsAuthenticated):
    """A staff member is signed in; UNAUTHENTICATED for nobody, FORBIDDEN for anybody else."""

    told = "For staff; others: FORBIDDEN, or UNAUTHENTICATED when nobody is signed in."

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        viewer = info.context.viewer
        if viewer.is_authenticated and not viewer.is_staff:
            raise ForbiddenError
        return bool(viewer.is_staff)


def told(description: str, permission_classes: Sequence[type[IsAuthenticated]]) -> str:
    """A description and, after it, for whom the field is."""
    return " ".join([description, *([permission.told for permission in permission_classes] or ["Public."])])


def guarded_field(
    *, graphql_type: Any, description: str, permission_classes: Sequence[type[IsAuthenticated]], **prices: int
) -> Callable[[Callable[..., Any]], Any]:
    """A field of a query or subscription that asks for permission, and says so; mutations are `errors.mutation`.

    `cost` says what a call costs, where it is more than a statement.
    """
    said = told(description, permission_classes)
    declared: Any = strawberry.field(
        graphql_type=graphql_type, description=said, permission_classes=[*permission_classes], metadata=prices
    )
    return declared  # type: ignore[no-any-return]
