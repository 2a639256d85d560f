"""Collecting what is wrong with an input, so that a client hears all of it at once."""

from __future__ import annotations

from collections.abc import Iterable

from domains.common.data.folding import kept
from domains.common.errors import FieldProblem, ValidationError


class Problems:
    """Collects problems; `check` raises ValidationError when there are any."""

    def __init__(self, found: Iterable[FieldProblem] = ()) -> None:
        self.found = [*found]

    def add(self, *path: str, message: str) -> None:
        """One more problem, with the field at `path` in the input."""
        self.found.append(FieldProblem(list(path), message))

    def text(self, field: str, value: str, *, least: int = 1, most: int) -> str:
        """The text in NFC, without white space around it; a problem unless it has `least` to `most` characters."""
        stripped = kept(value.strip())
        if not least <= len(stripped) <= most:
            self.add(field, message=f"Must have {least} to {most} characters")
        return stripped

    def check(self) -> None:
        """Raises ValidationError when there are any."""
        if self.found:
            raise ValidationError(self.found)
