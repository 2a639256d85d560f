"""`manage.py trusted_documents import FILE`: lets clients name their documents, and no others where that is asked."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from schema import documents, persisted
from schema.models import TrustedDocument

MAX_IDENTIFIER = 128
_ALGORITHMS = {32: hashlib.md5, 40: hashlib.sha1, 64: hashlib.sha256}  # Relay, GraphQL Code Generator, Apollo
_HEX = re.compile(r"[0-9a-fA-F]+")
APOLLO = "apollo-persisted-query-manifest"


class Command(BaseCommand):
    """Files are `{"hash": "document"}`, as GraphQL Code Generator's client preset writes persisted-documents.json, or
    the manifest that Apollo's generator writes.
    """

    help = "Documents that clients may name: import FILE (all or nothing), list, remove IDENTIFIER ..."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("import", help="add a manifest of documents").add_argument("file", type=Path)
        actions.add_parser("list", help="the documents there are")
        removing = actions.add_parser("remove", help="stop trusting documents (within a minute)")
        removing.add_argument("identifiers", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "import":
            self._import(options["file"])
        elif options["action"] == "list":
            self._list()
        else:
            self._remove(options["identifiers"])

    def _import(self, file: Path) -> None:
        manifest = _read(file)
        problems = [problem for entry in manifest.items() for problem in _problems(*entry)]
        if problems:
            raise CommandError("\n".join([*problems, f"{file}: nothing was imported"]))
        rows = [TrustedDocument(identifier=_bare(i), sha256=persisted.sha256(t), text=t) for i, t in manifest.items()]
        added = _add(sorted(rows, key=lambda row: row.identifier))  # two imports lock in one order
        self.stdout.write(f"{added} documents added, {len(rows) - added} were there")

    def _list(self) -> None:
        for row in TrustedDocument.objects.order_by("created_at", "identifier"):
            first = " ".join(row.text.split())[:60]
            self.stdout.write(f"{row.identifier}  {row.created_at:%Y-%m-%d}  {first}")

    def _remove(self, identifiers: list[str]) -> None:
        bare = [_bare(identifier) for identifier in identifiers]
        removed, _ = TrustedDocument.objects.filter(identifier__in=bare).delete()
        self.stdout.write(f"{removed} documents removed")


@transaction.atomic
def _add(rows: list[TrustedDocument]) -> int:
    """How many were not there. Raises CommandError, and adds none, when an identifier stands for another text.

    The rows are looked at after they were inserted: by then another import of the same identifiers has ended.
    """
    before = TrustedDocument.objects.count()
    TrustedDocument.objects.bulk_create(rows, ignore_conflicts=True)
    kept = TrustedDocument.objects.in_bulk([row.identifier for row in rows])
    others = [row.identifier for row in rows if (now := kept.get(row.identifier)) and now.text != row.text]
    if others:
        told = [f"{identifier}: is another document here; remove it first" for identifier in others]
        raise CommandError("\n".join([*told, "nothing was imported"]))
    return TrustedDocument.objects.count() - before


def _read(file: Path) -> dict[str, str]:
    try:
        manifest = orjson.loads(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise CommandError(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    if isinstance(manifest, dict) and manifest.get("format") == APOLLO:
        try:
            manifest = {operation["id"]: operation["body"] for operation in manifest["operations"]}
        except (KeyError, TypeError):
            manifest = None
    if not isinstance(manifest, dict) or not all(isinstance(text, str) for text in manifest.values()):
        raise CommandError(f'{file}: not a manifest; it must be {{"hash": "document", ...}}')
    return manifest


def _bare(identifier: str) -> str:
    return identifier.rpartition(":")[2]


def _problems(identifier: str, text: str) -> list[str]:
    """What is wrong with one entry, each line with its identifier and the place in the document."""
    bare = _bare(identifier)
    if not 1 <= len(bare) <= MAX_IDENTIFIER:
        return [f"{identifier}: an identifier has 1 to {MAX_IDENTIFIER} characters"]
    algorithm = _ALGORITHMS.get(len(bare)) if _HEX.fullmatch(bare) else None
    if algorithm and algorithm(text.encode()).hexdigest() != bare.lower():
        return [f"{identifier}: the document is not the one that was hashed"]
    found = []
    document = documents.read(text, introspection=True)
    for error in document.errors or document.unfit:
        place = error.locations[0] if error.locations else None
        found.append(f"{identifier}{f':{place.line}:{place.column}' if place else ''}: {error.message}")
    return found
