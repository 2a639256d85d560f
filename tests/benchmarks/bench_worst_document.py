"""Looks for the document that costs the server most within the limits. On a database of its own:

createdb shop; export DATABASE_URL=postgres:///shop DJANGO_SETTINGS_MODULE=backend.settings.local
python manage.py migrate; python manage.py seed bench --products 100000
python -m tests.benchmarks.bench_worst_document [--rounds N] [--seed N]

A document is a chain of fields from the root to a leaf, with page sizes, filters, and copies under aliases of the first
field and of the leaf. It is grown until a limit is reached and sent as a signed-in member of staff; the next one goes
on at random from the beginning of one of the worst. Told is the processor time of server and database together; the
database has to run on this machine, under Linux. A busy machine blurs it by up to two times.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from time import thread_time
from typing import Any

import django

os.environ.setdefault("BUDGET_ACCOUNT", "1000000000")  # else most documents would be refused
os.environ["ALLOWED_HOSTS"] = "testserver"
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, parse  # noqa: E402

from domains.accounts.models import User  # noqa: E402
from domains.orders.models import Order  # noqa: E402
from domains.products.models import Category, Product  # noqa: E402
from schema.cost import Counts, Meter  # noqa: E402
from schema.documents import MAX_CHARACTERS  # noqa: E402
from schema.merge import core  # noqa: E402
from tests.api import Api, gid  # noqa: E402

logger = logging.getLogger(__name__)
MOST_FIELDS = 7  # from the root to the leaf
COPIES = (1, 2, 5, 20, 60, 200)
SIZES = (0, 1, 5, 20, 60, 95, 100, 101)
WORST = 8  # that are told, and go on
LEAF_SHARE = 0.2  # of the fields after which a chain ends
NODES = ("Order", "Product", "Category")
FILTERS = (
    "",
    'filter: {search: "la"}',
    'filter: {search: "lamp"}',
    'filter: {search: "vintage jug", priceMin: "1"}',
    'filter: {search: "amber series7 ju"}',
    'filter: {inStock: true, priceMin: "1.00"}',
)
SORTS = ("", "sort: {field: NAME}", "sort: {field: PRICE, direction: DESC}")


@dataclass(frozen=True)
class Step:
    """A field with its arguments; `copies` times under aliases."""

    name: str
    arguments: str = ""
    copies: int = 1

    def text(self, inner: str) -> str:
        """With what is selected in it."""
        call = f"{self.name}{self.arguments} {inner}"
        return call if self.copies == 1 else " ".join(f"{self.name[0]}{n}: {call}" for n in range(self.copies))


@dataclass(frozen=True)
class Candidate:
    """A chain of fields and what was measured of it: milliseconds of server and database, bytes, counted cost."""

    steps: tuple[Step, ...]
    server: float = 0.0
    database: float = 0.0
    size: int = 0
    cost: int = field(default=0, compare=False)

    @property
    def query(self) -> str:
        text = ""
        for step in reversed(self.steps):
            text = step.text(f"{{ {text} }}" if text else "")
        return f"{{ {text} }}"

    @property
    def length(self) -> int:
        """At least so many characters has the query, which may be too long to be written."""
        length = 0
        for step in reversed(self.steps):
            length = step.copies * (len(step.name + step.arguments) + length + 2)
        return length

    @property
    def badness(self) -> float:
        """1 is what is allowed: a second or the bytes."""
        return max((self.server + self.database) / 1000, self.size / settings.RESPONSE_MAX_BYTES)


def chain(path: str) -> Candidate:
    """Of fields apart by spaces; arguments have none."""
    fields = [name.partition("(") for name in path.split()]
    return Candidate(tuple(Step(name, bracket + arguments) for name, bracket, arguments in fields))


DEEP = "products(first:95) nodes category products(first:100) nodes "
KNOWN = [  # to begin with
    *(chain(DEEP + leaf) for leaf in ("description", "createdAt", "id", "__typename", "category __typename")),
    chain('products(first:0,filter:{search:"lamp",priceMin:"1"}) totalCount'),
    chain("products(first:0) totalCount"),
    chain(f"{DEEP.replace('100', '101')} id"),
]


class Search:
    """Composes documents out of the schema and what is in the shop."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._api = Api(User.objects.filter(is_staff=True).first() or _staff())
        shelf = Category.objects.filter(products__isnull=False).first()
        assert shelf is not None
        self._slug = shelf.slug
        self._ids = [gid(row) for model in (Order, Product, Category) for row in model.objects.all()[:100]]
        first = self._api.respond("{ orders { nodes { id } } products { nodes { id } } }")  # is slower than others
        assert "data" in first.json(), first.content
        connection.cursor().execute("SET max_parallel_workers_per_gather = 0")  # all in the one process that is watched

    def run(self, rounds: int) -> list[Candidate]:
        """The worst documents, the worst first."""
        found: dict[str, Candidate] = {}
        for number in range(rounds):
            best = sorted(found.values(), key=lambda each: -each.badness)[:WORST]
            parent = self._random.choice(best).steps if number >= len(KNOWN) else ()
            begun = parent[: self._random.randrange(len(parent) + 1)]
            made = KNOWN[number] if number < len(KNOWN) else self._chain(begun)
            grown = self._grown(made)
            if grown and grown.query not in found:
                measured = found[grown.query] = self.measured(grown)
                if measured.badness > max((each.badness for each in best), default=0) / 2:
                    logger.info("%4d  %s", number, line(measured))
        return sorted(found.values(), key=lambda each: -each.badness)[:WORST]

    def measured(self, candidate: Candidate) -> Candidate:
        """As it is."""
        before = thread_time() * 1000, database_ms()
        answer = self._api.respond(candidate.query)
        server, database = thread_time() * 1000 - before[0], database_ms() - before[1]
        size = len(answer.content) if "data" in answer.json() else 0
        return replace(candidate, server=server, database=database, size=size, cost=self._cost(candidate) or 0)

    def _chain(self, begun: Sequence[Step] = ()) -> Candidate:
        """Down the schema at random, on from these steps, until a leaf."""
        steps = list(begun)
        kind: Any = reduce(_type_of, steps, core.query_type)
        while isinstance(kind, GraphQLObjectType) and len(steps) < MOST_FIELDS:
            leafy = bool(steps) and (len(steps) == MOST_FIELDS - 1 or self._random.random() < LEAF_SHARE)
            named = [n for n, f in kind.fields.items() if is_leaf_type(get_named_type(f.type)) == leafy]
            name = self._random.choice(named or list(kind.fields))
            steps.append(self._step(kind.fields[name].args, name))
            kind = get_named_type(kind.fields[name].type)
            if kind.name == "Node":
                steps.append(Step(f"... on {self._random.choice(NODES)}"))
                kind = _type_of(kind, steps[-1])
        return Candidate(tuple(steps if is_leaf_type(kind) else [*steps, Step("__typename")]))

    def _step(self, known: Container[str], name: str) -> Step:
        """The field with arguments of all kinds that it knows."""
        pick = self._random.choice
        some = {
            "first": f"first: {pick(SIZES)}",
            "filter": pick(FILTERS) if name == "products" else "",
            "sort": pick(SORTS) if name == "products" else "",
            "slug": f'slug: "{self._slug}"',
            "by": f'by: {{id: "{self._ids[-150]}"}}',
            "id": f'id: "{self._ids[0]}"',
            "ids": "ids: [" + ", ".join(f'"{each}"' for each in self._ids[: pick([1, 100])]) + "]",
        }
        arguments = ", ".join(text for argument, text in some.items() if text and argument in known)
        return Step(name, f"({arguments})" if arguments else "", pick(COPIES))

    def _grown(self, candidate: Candidate) -> Candidate | None:
        """With as many copies of the leaf and of the first field as the limits allow; None when they allow none."""
        ends = [len(candidate.steps) - 1, 0]
        for at in self._random.choice([ends, ends[::-1]]):
            low, high = 0, 201
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._fits(_with_copies(candidate, at, middle)) else (low, middle)
            if not low:
                return None
            candidate = _with_copies(candidate, at, low)
        return candidate

    def _fits(self, candidate: Candidate) -> bool:
        return (cost := self._cost(candidate)) is not None and cost <= settings.QUERY_LIMITS["cost"]

    def _cost(self, candidate: Candidate) -> int | None:
        """None when it is refused for another reason than its cost."""
        if candidate.length > MAX_CHARACTERS or len(query := candidate.query) > MAX_CHARACTERS:
            return None
        meter = Meter(core, document := parse(query), {})
        if meter.document().excess(Counts(**settings.QUERY_LIMITS)):
            return None
        operation: Any = document.definitions[0]
        return meter.operation(operation).price


def _type_of(parent: Any, step: Step) -> Any:
    """Of what is selected in this step."""
    if step.name.startswith("..."):
        return core.type_map[step.name.split()[-1]]
    return get_named_type(parent.fields[step.name].type if step.name in parent.fields else core.type_map["String"])


def _with_copies(candidate: Candidate, at: int, copies: int) -> Candidate:
    steps = list(candidate.steps)
    steps[at] = replace(steps[at], copies=copies)
    return Candidate(tuple(steps))


def _staff() -> User:
    user: User = User.objects.create(email="worst-document@example.com", name="Staff", is_staff=True)
    return user


def database_ms() -> float:
    """Used so far by the process that serves our connection."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def line(candidate: Candidate) -> str:
    """Figures, then the document with its copies told in short."""
    short = Candidate(tuple(replace(step, copies=1) for step in candidate.steps)).query
    copies = "x".join(str(step.copies) for step in candidate.steps)
    times = f"{candidate.cost:6} units {candidate.server:6.0f} ms {candidate.database:6.0f} ms"
    return f"{times} {candidate.size:9} bytes  {short[:150]} copies {copies}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    worst = Search(options.seed).run(options.rounds)
    logger.info("the worst:")
    for found in worst:
        logger.info("%s", line(found))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    logger.setLevel(logging.INFO)
    main()
