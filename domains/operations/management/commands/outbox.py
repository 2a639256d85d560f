"""`manage.py outbox list | retry | discard`: unfinished work of the outbox, by topic."""

from __future__ import annotations

import getpass
import os
import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from domains.common.background.models import OutboxMessage
from domains.operations import services
from domains.operations.services import State

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LISTED, CHANGED = 20, 10_000  # messages, unless --limit says otherwise
ACTS: dict[str, Callable[..., Iterator[int]]] = {"retry": services.retry, "discard": services.discard}
STATES = {"retry": [State.DEAD, State.WAITING], "discard": [State.DEAD, State.WAITING, State.DUE]}


def age(text: str) -> timedelta:
    """`30m`, `2h`, `3d`."""
    if not (found := re.fullmatch(r"(\d{1,6})([smhd])", text)):
        raise ArgumentTypeError("a number with s, m, h or d, such as 30m")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


class Command(BaseCommand):
    help = "Unfinished work of the outbox: list it, retry it, or discard mails."
    requires_system_checks = ()  # they build the schema

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="by topic and error; with --topic also each message, oldest first")
        listing.add_argument("--state", type=State, choices=[*State], help="all four without it")
        self._add_choice(listing, LISTED)
        for act, help_ in (("retry", "make it due at once"), ("discard", "end it undone; mails alone")):
            changing = acts.add_parser(act, help=help_)
            changing.add_argument("--state", type=State, choices=STATES[act], default=State.DEAD)
            changing.add_argument("--yes", action="store_true", help="do not ask")
            self._add_choice(changing, CHANGED)

    def _add_choice(self, parser: CommandParser, limit: int) -> None:
        parser.add_argument("--topic", default="", help="such as orders.confirmation; all without it")
        parser.add_argument("--older-than", type=age, default=timedelta(0), help="promised so long ago: 30m, 2h, 3d")
        parser.add_argument("--limit", type=int, default=limit, help=f"the oldest so many messages ({limit:,})")

    def handle(self, *args: Any, **options: Any) -> None:
        choice = {"topic": options["topic"], "older_than": options["older_than"]}
        if options["act"] == "list":
            for state in [options["state"]] if options["state"] else State:
                self._list(state, services.unfinished(state, **choice), options["limit"] if choice["topic"] else 0)
        else:
            self._change(services.unfinished(options["state"], **choice), **options)

    def _list(self, state: State, rows: QuerySet[OutboxMessage], limit: int) -> None:
        for group in services.summary(rows):
            since, why = f"{group['oldest']:%Y-%m-%d %H:%M:%S}", group["last_error"] or "-"
            self.stdout.write(f"{state:<8} {group['count']:>7}  {group['topic']:<32} since {since}  {why}")
        for row in rows[:limit]:
            tried = f"attempts {row.attempts}, failures {row.failures}, due {row.due_at:%Y-%m-%d %H:%M:%S}"
            self.stdout.write(f"  {row.id}  about {row.key}  {row.created_at:%Y-%m-%d %H:%M:%S}  {tried}")

    def _change(self, rows: QuerySet[OutboxMessage], *, act: str, limit: int, yes: bool, **options: Any) -> None:
        self._list(options["state"], rows, 0)
        count = min(rows.count(), limit)
        if count and not (yes or _agreed(f"{act.capitalize()} {count:,} messages? [y/N] ")):
            raise CommandError("Nothing was changed.")
        try:
            changed = sum(ACTS[act](rows, limit=limit, by=_operator()))
        except services.NotDiscardable as error:
            raise CommandError(f"{error}.") from None
        self.stdout.write(f"{act}: {changed:,} messages. Such messages now: {rows.count():,}.")


def _operator() -> str:
    """Who types: a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:  # nobody is there to ask
        return False
