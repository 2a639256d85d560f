"""What a text must be like on every way in, and collecting what is wrong, so that a client hears all of it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError as NotAUrl
from django.core.validators import URLValidator

from domains.common.data.folding import kept
from domains.common.errors import FieldErrorCode, FieldProblem, ValidationError

# Control characters, and what has no width: Default_Ignorable_Code_Point of UAX 44, line separators, the empty Braille.
_UNSEEN = (
    r"[\0-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    r"\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SCRIPTS, _EMOJI = r"\u0600-\u1fff", r"\u203c-\u2bff\u3030-\u3299\U0001f000-\U0001faff"
# Some of them are spelling: joiners in Persian and Indian words and in emoji, the variation of an emoji.
_SPELT = rf"(?<=[{_SCRIPTS}{_EMOJI}\ufe0f])[\u200c\u200d](?=[{_SCRIPTS}{_EMOJI}])|(?<=[#*0-9\xa9\xae{_EMOJI}])\ufe0f"
_BREAKS = re.compile(r"[\t\r\n]")
_ALL = re.compile(f"(?P<spelt>{_SPELT})|{_UNSEEN}")
_check_url = URLValidator(schemes=["https"])


def visible(text: str) -> str:
    """The text without what nobody sees, line breaks among it."""
    return _ALL.sub(r"\g<spelt>", text)


class Flaw(NamedTuple):
    """The rule that a text breaks, for programs and for people."""

    code: FieldErrorCode
    message: str


def checked(text: str, *, least: int = 1, most: int, lines: bool = False) -> tuple[str, Flaw | None]:
    """The text in NFC without white space around it, and what is wrong with it, if anything.

    It has `least` to `most` characters, and none that nobody sees; line breaks and tabs only if it may have `lines`.
    """
    if len(text) <= 4 * most:  # normalising takes a time that grows with the square of the combining marks
        text = kept(text.strip())
    if not least <= len(text) <= most:
        return text, Flaw(_length_code(len(text), most), f"Must have {least} to {most} characters")
    shown = _BREAKS.sub("", text) if lines else text
    if visible(shown) != shown:
        message = "Must not have control characters, line breaks or characters that nobody sees"
        return text, Flaw(FieldErrorCode.INVALID, message)
    return text, None


def _length_code(length: int, most: int) -> FieldErrorCode:
    if length > most:
        return FieldErrorCode.TOO_LONG
    return FieldErrorCode.TOO_SHORT if length else FieldErrorCode.REQUIRED


def is_https(url: str) -> bool:
    """Whether it is an https URL with a host and without a user name: before an @ that looks like the host."""
    try:
        _check_url(url)
    except NotAUrl:
        return False
    return urlsplit(url).username is None


class Problems:
    """Collects problems; `check` raises ValidationError when there are any."""

    def __init__(self, found: Iterable[FieldProblem] = ()) -> None:
        self.found = [*found]

    def add(self, *path: str, message: str, code: FieldErrorCode) -> None:
        """One more problem, with the field at `path` in the input."""
        self.found.append(FieldProblem(list(path), message, code))

    def text(self, field: str, value: str, *, least: int = 1, most: int, lines: bool = False) -> str:
        """The text as it is stored; what `checked` finds wrong with it is a problem."""
        text, flaw = checked(value, least=least, most=most, lines=lines)
        if flaw:
            self.add(field, message=flaw.message, code=flaw.code)
        return text

    def quantity(self, field: str, value: int, *, most: int) -> None:
        """A problem unless it is 0 to `most`."""
        if not 0 <= value <= most:
            code = FieldErrorCode.TOO_SMALL if value < 0 else FieldErrorCode.TOO_LARGE
            self.add(field, message=f"Must be 0 to {most}", code=code)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """What raises ValidationError in here adds its problems; the rest of the block is left out."""
        try:
            yield
        except ValidationError as error:
            self.found.extend(error.problems)

    def check(self) -> None:
        """Raises ValidationError when there are any."""
        if self.found:
            raise ValidationError(self.found)
