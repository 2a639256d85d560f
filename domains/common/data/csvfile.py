"""Tables as people have them: CSV with any separator, in the encodings that spreadsheets write, maybe packed."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

SEPARATORS = ",;\t|"
LOOKED_AT = 10_000  # characters in which the header ends
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

type Record = tuple[int, list[str] | str]


class UnreadableFileError(Exception):
    """The file as a whole cannot be read: absent, damaged, empty, or without the columns it needs."""


@dataclass(frozen=True, slots=True)
class Table:
    """`records` are (line the record starts on, its cells); the header is line 1 and no record.

    Blank rows are left out. Where the quoting breaks, nothing after it can be trusted: the last record is then the
    reason instead of cells. Bytes that are not of the encoding are lone surrogates.
    """

    header: list[str]
    records: Iterator[Record]
    separator: str
    encoding: str

    def __str__(self) -> str:
        sign = {"\t": "tabs"}.get(self.separator, f"'{self.separator}'")
        return f"{self.encoding}, separated by {sign}"


def read_table(path: Path, *, encoding: str = "") -> Table:
    """The table of a `.csv` or `.csv.xz` file. `encoding` is Python's name for it; without one it is found out.

    Raises UnreadableFileError.
    """
    try:
        data = path.read_bytes()
        data = lzma.decompress(data) if path.suffix == ".xz" else data
        return table_of(*((data.decode(encoding), encoding) if encoding else _decoded(data)))
    except (OSError, EOFError, lzma.LZMAError, UnicodeError, LookupError) as error:
        raise UnreadableFileError(f"{path}: {error}") from error


def table_of(text: str, encoding: str = "UTF-8") -> Table:
    """The table of a text. Raises UnreadableFileError when it has no header."""
    text = text.removeprefix("\ufeff")
    separator = _separator(text[:LOOKED_AT])
    records = _records(text, separator)
    _, header = next(records, (1, "the file is empty"))
    if isinstance(header, str):
        raise UnreadableFileError(header)
    return Table([name.strip() for name in header], records, separator, encoding)


def _decoded(data: bytes) -> tuple[str, str]:
    """Spreadsheets write UTF-8, UTF-16 with a mark, or, without any letter of UTF-8 in it, Windows-1252."""
    if data.startswith(UTF_16):
        return data.decode("utf-16"), "UTF-16"
    text = data.decode("utf-8", errors="surrogateescape")
    foreign = {char for char in text if char > "\x7f"} - {"\ufeff"}
    if foreign and all("\udc80" <= char <= "\udcff" for char in foreign):
        with suppress(UnicodeDecodeError):
            return data.decode("cp1252"), "Windows-1252"
    return text, "UTF-8"


def _separator(start: str) -> str:
    """The one that makes most cells of the header; a comma where none does."""
    first = {sign: next(csv.reader(StringIO(start), delimiter=sign), []) for sign in SEPARATORS}
    return max(SEPARATORS, key=lambda sign: len(first[sign]))


def _records(text: str, separator: str) -> Iterator[Record]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):  # spreadsheets leave rows of nothing but separators at the end
                yield start, record
            start = reader.line_num + 1
    except csv.Error as error:
        yield start, f"not readable as CSV from here on: {error}"
