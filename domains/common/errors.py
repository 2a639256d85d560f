"""Failures a rule can end in.

A `DomainError` is an expected outcome: a member of the mutation's result union. A `RequestError` concerns
the request as a whole: a top-level GraphQL error with `extensions.code`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import TextChoices


class DomainError(Exception):
    """An expected refusal; `path` points into the input.

    `code` is a value of the schema's ErrorCode, `meaning` its description: what it means and what a client does next.
    `text` and `place` are the message and the path where none are given.
    """

    code: ClassVar[str]
    meaning: ClassVar[str]
    text: ClassVar[str] = ""
    place: ClassVar[Sequence[str]] = ()

    def __init__(self, message: str = "", *, path: Sequence[str] = ()) -> None:
        self.message = message or self.text
        self.path = list(path or self.place)
        super().__init__(self.message)


class FieldErrorCode(TextChoices):
    """Which rule a field breaks, so that a form can say it in its own language."""

    REQUIRED = "REQUIRED", "It is empty, and something is needed."
    INVALID = "INVALID", "It has characters, a form or a fineness that it may not have."
    TOO_SHORT = "TOO_SHORT", "It has too few characters."
    TOO_LONG = "TOO_LONG", "It has too many characters, or a list too many items."
    TOO_SMALL = "TOO_SMALL", "The number is too small."
    TOO_LARGE = "TOO_LARGE", "The number is too large."
    TAKEN = "TAKEN", "Something else has it already."
    TOO_COMMON = "TOO_COMMON", "Many people use this password."
    TOO_SIMILAR = "TOO_SIMILAR", "The password resembles the name, the e-mail or the password of now."
    UNKNOWN = "UNKNOWN", "There is nothing with this id, or nothing that can be used here."


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field of the input."""

    path: list[str]
    message: str
    code: FieldErrorCode


class ValidationError(DomainError):
    """The input breaks a rule that the client can mend; nothing was written."""

    code = "VALIDATION_FAILED"
    meaning = "The input breaks a rule; `fields` says where. Mend it and send it again."

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        first = problems[0]
        super().__init__(first.message, path=first.path)
        self.problems = list(problems)

    @classmethod
    def of(cls, *path: str, message: str, code: FieldErrorCode) -> ValidationError:
        """One problem with one field."""
        return cls([FieldProblem(list(path), message, code)])


class NotFoundError(DomainError):
    """No such row, or none that this viewer may see: the two look the same."""

    code = "NOT_FOUND"
    meaning = "There is no such thing, or you may not see it: the two look the same."


class StaleObjectError(DomainError):
    """The row changed since the version that the client read."""

    code = "STALE_OBJECT"
    meaning = "Somebody changed it since you read it. Read it again and repeat the change."
    place = ("expectedVersion",)

    def __init__(self, message: str, *, current_version: int) -> None:
        super().__init__(message)
        self.current_version = current_version

    @classmethod
    def check(cls, version: int, expected: int | None, *, what: str) -> None:
        """Raises it when the row, `what` to people, has another version than the client read; None: it does not say."""
        if expected is not None and version != expected:
            raise cls(f"Somebody changed this {what}; read it again", current_version=version)


class IdempotencyConflictError(DomainError):
    """The key was used before with another input."""

    code = "IDEMPOTENCY_CONFLICT"
    meaning = "The idempotency key was used with another input; nothing was written. Send a new key."
    text = "This idempotency key was already used with another input; send a new key"
    place = ("idempotencyKey",)


class RateLimitedError(DomainError):
    """Too many attempts; this one was not made, another is welcome after `retry_after_seconds` (1 or more)."""

    code = "RATE_LIMITED"
    meaning = "Too many attempts; wait `retryAfterSeconds` before the next."

    def __init__(self, retry_after_seconds: int, *, reason: str = "Too many attempts") -> None:
        super().__init__(f"{reason}; try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class RequestError(Exception):
    """A failure of the whole request; `code` goes to `extensions.code`, `text` is the message where none is given."""

    code: ClassVar[str] = "BAD_REQUEST"
    text: ClassVar[str] = ""

    def __init__(self, message: str = "") -> None:
        self.message = message or self.text
        super().__init__(self.message)


class BadUserInputError(RequestError):
    """An argument of a query is out of range or malformed."""

    code = "BAD_USER_INPUT"


class InvalidCursorError(RequestError):
    """A cursor is forged, cut, or belongs to another ordering or filter."""

    code = "INVALID_CURSOR"
    text = "This cursor does not belong to this list, ordering and filter; start again without it"


class UnauthenticatedError(RequestError):
    """Nobody is signed in, or the access token does not verify."""

    code = "UNAUTHENTICATED"
    text = "Sign in and send the access token as 'Authorization: Bearer ...'"


class ForbiddenError(RequestError):
    """The viewer is known and may not do this."""

    code = "FORBIDDEN"
    text = "This needs a staff account"


class ServiceUnavailableError(RequestError):
    """The database stayed busy for every retry; nothing was written."""

    code = "SERVICE_UNAVAILABLE"
    text = "The service is busy; nothing was written, try again in a moment"


class TooManyRequestsError(RequestError):
    """RateLimitedError where the result union has no such member. The answer carries a Retry-After header, too."""

    code = "RATE_LIMITED"

    def __init__(self, refusal: RateLimitedError) -> None:
        super().__init__(refusal.message)
        self.extensions = {"retryAfterSeconds": refusal.retry_after_seconds}
