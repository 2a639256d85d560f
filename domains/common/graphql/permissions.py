"""Permission classes. They run before the resolver, so authorisation comes before validation."""

from __future__ import annotations

from typing import Any, NoReturn

from strawberry.permission import BasePermission

from domains.common.errors import ForbiddenError, UnauthenticatedError


class IsAuthenticated(BasePermission):
    """Somebody is signed in; UNAUTHENTICATED otherwise."""

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        return bool(info.context.viewer.is_authenticated)

    def on_unauthorized(self) -> NoReturn:
        raise UnauthenticatedError


class IsStaff(IsAuthenticated):
    """A staff member is signed in; UNAUTHENTICATED for nobody, FORBIDDEN for anybody else."""

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        viewer = info.context.viewer
        if viewer.is_authenticated and not viewer.is_staff:
            raise ForbiddenError
        return bool(viewer.is_staff)
