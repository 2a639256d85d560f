"""Failures as members of result unions, and the wrapper of mutations that turns a DomainError into one."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, Union, cast, dataclass_transform, get_type_hints
from uuid import UUID

import strawberry
from strawberry.tools import create_type
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from domains import modules
from domains.common import errors
from domains.common.errors import DomainError, FieldErrorCode
from domains.common.graphql.ids import to_global_id
from domains.common.graphql.permissions import OF_THE_CALL, IsAuthenticated, told
from domains.common.graphql.types import PUBLIC, show_choices
from domains.common.measuring.instruments import counter

_failures = counter("mutation_failures", "Typed failures that mutations answered, by code.", "mutation", "code")


def _codes() -> dict[str, Any]:
    """The codes of all domains' errors, each with what it means and what to do."""
    paths = {module.__name__ for module in modules("errors")}
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
        """The member for a domain error: its own fields are the error's attributes of the same names."""
        names = [
            field.name for field in dataclasses.fields(cast("Any", cls)) if field.name not in UserError.__annotations__
        ]
        return cls(**base(error), **{name: _shown(name, getattr(error, name)) for name in names})


def _shown(name: str, value: Any) -> Any:
    """A key in `product_id` is shown as the global id of a Product."""
    return to_global_id(name.removesuffix("_id").title(), value) if isinstance(value, UUID) else value


def base(error: DomainError) -> dict[str, Any]:
    """The three fields that all failures share."""
    return {"code": ErrorCode(error.code), "message": error.message, "path": input_path(error.path)}


def input_path(path: list[str]) -> list[str]:
    """Services speak of fields; clients see them under the argument `input`."""
    return ["input", *path] if path else []


_members: dict[type[DomainError], type[UserError]] = {}


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def answers[M: UserError](error: type[DomainError], *, description: str) -> Callable[[type[M]], type[M]]:
    """Declare the member of result unions that stands for a domain error."""

    def declare(member: type[M]) -> type[M]:
        _members[error] = strawberry.type(description=description)(member)
        return member

    return declare


show_choices(
    FieldErrorCode,
    name="FieldErrorCode",
    description="Which rule a field breaks, so that a form can say it in its own language. Values are added, never "
    "renamed: show `message` for one you do not know.",
)


@strawberry.type(description="One field of the input that breaks a rule.")
class FieldError:
    visible_to: ClassVar[str] = PUBLIC
    path: list[str] = strawberry.field(description='Where in the arguments: ["input", "email"].')
    code: FieldErrorCode = strawberry.field(description="The rule that was broken, for programs.")
    message: str = strawberry.field(description="The rule that was broken, for people.")


@answers(errors.ValidationError, description="The input breaks at least one rule; nothing was written.")
class ValidationError(UserError):
    fields: list[FieldError] = strawberry.field(description="Every field that breaks a rule.")

    @classmethod
    def of(cls, error: errors.ValidationError) -> ValidationError:
        fields = [FieldError(path=input_path(p.path), code=p.code, message=p.message) for p in error.problems]
        return cls(**base(error), fields=fields)


@answers(errors.StaleObjectError, description="The object changed since `expectedVersion`; nothing was written.")
class StaleObjectError(UserError):
    current_version: int = strawberry.field(
        description="The version that the object has now, 1 or more.",
        metadata={"scope": "of a row that the viewer may change"},
    )


# Problems that were found before mutations were called, by their response keys: what inputs could not be made of.
refused_fields: ContextVar[Mapping[str, Sequence[errors.FieldProblem]]] = ContextVar("refused_fields")
_response_key: ContextVar[str] = ContextVar("response_key", default="")


@contextmanager
def problems_told(found: Mapping[str, Sequence[errors.FieldProblem]]) -> Iterator[None]:
    """Mutations that are called in here answer these."""
    token = refused_fields.set(found)
    try:
        yield
    finally:
        refused_fields.reset(token)


@contextmanager
def answered_as(response_key: str) -> Iterator[None]:
    """The mutation that is called in here is answered under this key."""
    token = _response_key.set(response_key)
    try:
        yield
    finally:
        _response_key.reset(token)


type Failure = type[UserError] | type[DomainError]


def _member(failure: Failure) -> type[UserError]:
    """What stands for it in result unions: for a domain error that declares none, a type made from its meaning."""
    if issubclass(failure, UserError):
        return failure
    if failure not in _members:
        answers(failure, description=failure.meaning)(type(failure.__name__, (UserError,), {}))
    return _members[failure]


def mutation(
    *,
    description: str,
    gives: tuple[type, str] | None = None,
    fails: Sequence[Failure] = (),
    permission_classes: Sequence[type[IsAuthenticated]] = (),
    public: str = "",
    **prices: int,
) -> Callable[[Callable[..., Any]], Any]:
    """A mutation field whose resolver returns its success or raises DomainErrors, which become members of its result.

    The result is the union of the success and `fails`, XResult for XSuccess; without `fails` the resolver is annotated
    with one. What tells no more than code, message and path is in `fails` as the domain error itself. Where the success
    is one entity and no more, `gives` is that and the description of the success: the resolver returns the row. A
    mutation without a permission says in `public` why anybody may call it. `cost` and `per_document` say what a call
    costs and how many a document may hold.
    """
    said = told(description, permission_classes)

    def declare(resolver: Callable[..., Any]) -> Any:
        returned = get_type_hints(resolver)["return"]
        success = _success(resolver.__name__, *gives) if gives else returned
        name = to_camel_case(resolver.__name__)

        @functools.wraps(resolver)
        def answering(*args: Any, **kwargs: Any) -> Any:
            try:
                if refused := refused_fields.get({}).get(_response_key.get()):
                    raise errors.ValidationError(refused)
                found = resolver(*args, **kwargs)
            except DomainError as error:
                _failures.labels(name, error.code).inc()
                return _members[type(error)].of(error)
            return success(**dict.fromkeys(success.__annotations__, found)) if gives else found  # its one field

        field = strawberry.mutation(
            answering,
            graphql_type=_result(success, fails) if fails else None,
            description=said,
            permission_classes=[*permission_classes],
            metadata={**({"public": public} if public else {}), **prices},
        )
        assert field.base_resolver is not None
        for argument in field.base_resolver.arguments:
            argument.description = argument.description or "What to do; the input type tells each field's range."
        return field

    return declare


def _success(mutation: str, entity: type, description: str) -> type:
    """XSuccess of the mutation x, with the entity under its own name."""
    kind = get_object_definition(entity, strict=True).name
    name = f"{kind[0].lower()}{kind[1:]}"
    shown = strawberry.field(name=name, graphql_type=entity, description="As it is now.")
    return create_type(f"{mutation.title().replace('_', '')}Success", [shown], description=description)


def _result(success: type, fails: Sequence[Failure]) -> Any:
    name = success.__name__.removesuffix("Success")
    said = f"How `{name[0].lower()}{name[1:]}` can end."
    return Annotated[Union[success, *map(_member, fails)], strawberry.union(f"{name}Result", description=said)]
