"""Failures as members of result unions, and the wrapper of mutations that turns a DomainError into one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Self

import strawberry

from domains import DOMAINS
from domains.common import errors
from domains.common.errors import DomainError
from domains.common.graphql.permissions import OF_THE_CALL, IsAuthenticated, told
from domains.common.graphql.types import PUBLIC


def _codes() -> dict[str, Any]:
    """The codes of all domains' errors, each with what it means and what to do."""
    paths = [f"domains.{domain}.errors" for domain in DOMAINS]
    for path in filter(find_spec, paths):
        import_module(path)
    kinds = [kind for kind in DomainError.__subclasses__() if kind.__module__ in paths]
    return {kind.code: strawberry.enum_value(kind.code, description=kind.meaning) for kind in kinds}


if TYPE_CHECKING:

    class ErrorCode(Enum):
        """Made at run time from the errors of all domains."""

else:
    ErrorCode = strawberry.enum(
        Enum("ErrorCode", _codes()),
        description="What went wrong, for programs. Stable: values are added, never renamed.",
    )


@strawberry.interface(description="What every failure in a result union has.")
class UserError:
    code: ErrorCode = strawberry.field(description="What went wrong, for programs.", metadata=OF_THE_CALL)
    message: str = strawberry.field(
        description="What went wrong and what to do next, for people. In English.", metadata=OF_THE_CALL
    )
    path: list[str] = strawberry.field(
        description='Where in the arguments: ["input", "lines", "0", "quantity"]. Empty when it is the whole.',
        metadata=OF_THE_CALL,
    )

    @classmethod
    def of(cls, error: Any) -> Self:
        """The member for a domain error; types with more fields extend this."""
        return cls(**base(error))


def base(error: DomainError) -> dict[str, Any]:
    """The three fields that all failures share."""
    return {"code": ErrorCode(error.code), "message": error.message, "path": input_path(error.path)}


def input_path(path: list[str]) -> list[str]:
    """Services speak of fields; clients see them under the argument `input`."""
    return ["input", *path] if path else []


_members: dict[type[DomainError], type[UserError]] = {}


def answers[M: UserError](error: type[DomainError]) -> Callable[[type[M]], type[M]]:
    """Register the member that stands for a domain error."""

    def register(member: type[M]) -> type[M]:
        _members[error] = member
        return member

    return register


@strawberry.type(description="One field of the input that breaks a rule.")
class FieldError:
    visible_to: ClassVar[str] = PUBLIC
    path: list[str] = strawberry.field(description='Where in the arguments: ["input", "email"].')
    message: str = strawberry.field(description="The rule that was broken, for people.")


@answers(errors.ValidationError)
@strawberry.type(description="The input breaks at least one rule; nothing was written.")
class ValidationError(UserError):
    fields: list[FieldError] = strawberry.field(description="Every field that breaks a rule.")

    @classmethod
    def of(cls, error: errors.ValidationError) -> ValidationError:
        fields = [FieldError(path=input_path(p.path), message=p.message) for p in error.problems]
        return cls(**base(error), fields=fields)


@answers(errors.NotFoundError)
@strawberry.type(description="There is no such thing, or the viewer may not see it: the two look the same.")
class NotFoundError(UserError):
    pass


@answers(errors.StaleObjectError)
@strawberry.type(description="The object changed since `expectedVersion`; nothing was written.")
class StaleObjectError(UserError):
    current_version: int = strawberry.field(
        description="The version that the object has now, 1 or more.",
        metadata={"scope": "of a row that the viewer may change"},
    )

    @classmethod
    def of(cls, error: errors.StaleObjectError) -> StaleObjectError:
        return cls(**base(error), current_version=error.current_version)


@answers(errors.IdempotencyConflictError)
@strawberry.type(description="The idempotency key was used before with another input; nothing was written.")
class IdempotencyConflictError(UserError):
    pass


def mutation(
    *, description: str, permission_classes: Sequence[type[IsAuthenticated]] = (), public: str = ""
) -> Callable[[Callable[..., Any]], Any]:
    """A mutation field whose resolver may raise DomainErrors: they become members of its result union.

    One without a permission says in `public` why anybody may call it.
    """
    said = told(description, permission_classes)

    def declare(resolver: Callable[..., Any]) -> Any:
        @functools.wraps(resolver)
        def answering(*args: Any, **kwargs: Any) -> Any:
            try:
                return resolver(*args, **kwargs)
            except DomainError as error:
                return _members[type(error)].of(error)

        facts = {"public": public} if public else {}
        field = strawberry.mutation(
            answering, description=said, permission_classes=[*permission_classes], metadata=facts
        )
        assert field.base_resolver is not None
        for argument in field.base_resolver.arguments:
            argument.description = argument.description or "What to do; the input type tells each field's range."
        return field

    return declare
