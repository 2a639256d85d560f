"""Failures as members of result unions, and the wrapper of mutations that turns a DomainError into one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Self

import strawberry

from domains.common import errors
from domains.common.errors import DomainError
from domains.common.graphql.permissions import IsAuthenticated, told


@strawberry.enum(description="What went wrong, for programs. Stable: values are added, never renamed.")
class ErrorCode(Enum):
    VALIDATION_FAILED = strawberry.enum_value(
        "VALIDATION_FAILED", description="The input breaks a rule; `fields` says where. Mend it and send it again."
    )
    INVALID_CREDENTIALS = strawberry.enum_value(
        "INVALID_CREDENTIALS", description="E-mail or password is wrong, or the account is not active."
    )
    INVALID_TOKEN = strawberry.enum_value(
        "INVALID_TOKEN",
        description="The token is unknown, used, expired or revoked. Sign in again or ask for a new link.",
    )
    EMAIL_TAKEN = strawberry.enum_value("EMAIL_TAKEN", description="An account with this e-mail exists.")
    RATE_LIMITED = strawberry.enum_value(
        "RATE_LIMITED", description="Too many attempts; wait `retryAfterSeconds` before the next."
    )
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is no such thing, or you may not see it.")
    STALE_OBJECT = strawberry.enum_value(
        "STALE_OBJECT", description="Somebody changed it since you read it. Read it again and repeat the change."
    )
    INSUFFICIENT_STOCK = strawberry.enum_value(
        "INSUFFICIENT_STOCK", description="Fewer pieces are in stock than you asked for."
    )
    PRODUCT_UNAVAILABLE = strawberry.enum_value("PRODUCT_UNAVAILABLE", description="The product is not for sale.")
    PAYMENT_DECLINED = strawberry.enum_value(
        "PAYMENT_DECLINED",
        description="The provider refused. To order, use another payment method and a new idempotency key.",
    )
    PAYMENT_PENDING = strawberry.enum_value(
        "PAYMENT_PENDING", description="The payment is not decided yet. Watch the order or repeat with the same key."
    )
    IDEMPOTENCY_CONFLICT = strawberry.enum_value(
        "IDEMPOTENCY_CONFLICT", description="The idempotency key was used with another input. Send a new key."
    )
    INVALID_STATE = strawberry.enum_value("INVALID_STATE", description="The state of the object does not allow this.")
    REFUND_TOO_LARGE = strawberry.enum_value("REFUND_TOO_LARGE", description="More than what is left to refund.")


@strawberry.interface(description="What every failure in a result union has.")
class UserError:
    code: ErrorCode = strawberry.field(description="What went wrong, for programs.")
    message: str = strawberry.field(description="What went wrong and what to do next, for people. In English.")
    path: list[str] = strawberry.field(
        description='Where in the arguments: ["input", "lines", "0", "quantity"]. Empty when it is the whole.'
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
    current_version: int = strawberry.field(description="The version that the object has now, 1 or more.")

    @classmethod
    def of(cls, error: errors.StaleObjectError) -> StaleObjectError:
        return cls(**base(error), current_version=error.current_version)


@answers(errors.IdempotencyConflictError)
@strawberry.type(description="The idempotency key was used before with another input; nothing was written.")
class IdempotencyConflictError(UserError):
    pass


def mutation(
    *, description: str, permission_classes: Sequence[type[IsAuthenticated]] = ()
) -> Callable[[Callable[..., Any]], Any]:
    """A mutation field whose resolver may raise DomainErrors: they become members of its result union."""
    said = told(description, permission_classes)

    def declare(resolver: Callable[..., Any]) -> Any:
        @functools.wraps(resolver)
        def answering(*args: Any, **kwargs: Any) -> Any:
            try:
                return resolver(*args, **kwargs)
            except DomainError as error:
                return _members[type(error)].of(error)

        field = strawberry.mutation(answering, description=said, permission_classes=[*permission_classes])
        assert field.base_resolver is not None
        for argument in field.base_resolver.arguments:
            argument.description = argument.description or "What to do; the input type tells each field's range."
        return field

    return declare
