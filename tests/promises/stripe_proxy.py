"""What stands between us and localstripe: what Stripe does and localstripe leaves out, and what networks do to both.

Added: idempotency keys (stored answers, 500s too, are replayed; a key in use is a 409), `amount_received`, the present
names of parameters, descriptions, the webhooks that localstripe never sends, and the lists of disputes and of
undelivered events. Its lies are left as they are.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

type News = Callable[[dict[str, Any]], None]

UNKNOWN = ("allowed_payment_method_types", "description", "return_url")  # parameters that localstripe refuses
NEWS_PATH = "/news"  # where localstripe's own webhooks arrive
INTENT_NEWS = {
    "requires_capture": "payment_intent.amount_capturable_updated",
    "requires_action": "payment_intent.requires_action",
    "requires_payment_method": "payment_intent.payment_failed",
    "canceled": "payment_intent.canceled",
}


class Fault(StrEnum):
    """What happens to a request."""

    NONE = "none"
    LATE = "answered late"
    LOST = "done, answer lost"
    BROKEN = "done, answered 500"
    UNDONE = "not done, answered 500"
    AWAY = "not done, answered 503"


@dataclass
class Plan:
    """Which fault meets the next request; shares of 1, the rest goes well. `patience`: the client's time-out.

    `only`: what it meets, as `POST /v1/refunds`; otherwise everything.
    """

    seed: int = 0
    shares: dict[Fault, float] = field(default_factory=dict)
    patience: float = 1.0
    only: str = ""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    def next(self, request: str) -> Fault:
        if not request.startswith(self.only):
            return Fault.NONE
        with self._lock:
            left = self._random.random()
        for fault, share in self.shares.items():
            left -= share
            if left < 0:
                return fault
        return Fault.NONE


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def error(cls, status: int, **about: str) -> Reply:
        return cls(status, json.dumps({"error": about}).encode())

    @property
    def content(self) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads(self.body)
        except ValueError:
            return {}
        return content


BROKEN = Reply.error(500, type="api_error", message="Something went wrong")
AWAY = Reply.error(503, type="api_error", message="Come back later")
IN_USE = Reply.error(409, type="idempotency_error", code="idempotency_key_in_use")
OTHER_INPUT = Reply.error(400, type="idempotency_error", message="Keys can only be used with the same parameters")
NO_LONGER = Reply.error(400, type="invalid_request_error", code="payment_method_types_no_longer_supported")


class Keys:
    """The first answer under an idempotency key is the answer to all its requests."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[str, Reply]] = {}
        self._lock = threading.Lock()

    def once(self, key: str, request: str, make: Callable[[], Reply]) -> Reply:
        with self._lock:
            if key in self._answers:
                about, reply = self._answers[key]
                if about != request:
                    return OTHER_INPUT
                return reply if reply is IN_USE else replace(reply, headers=(("Idempotent-Replayed", "true"),))
            self._answers[key] = (request, IN_USE)
        reply = make()
        with self._lock:
            self._answers[key] = (request, reply)
        return reply


class StripeProxy(ThreadingHTTPServer):
    """A Stripe as ours takes it to be, at `address`."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.plan = Plan()
        self.news: News = lambda event: None
        self.faults: Counter[str] = Counter()
        self.captures: Counter[str] = Counter()  # how often each intent was captured
        self.captured: dict[str, int] = {}  # how much of each
        self.refunds: Counter[str] = Counter()  # how many were made of each intent
        self.say: dict[str, dict[str, Any]] = {}  # fields of all objects of a kind; None: left out
        self.lists: dict[str, list[dict[str, Any]]] = {"/v1/disputes": [], "/v1/events": []}  # newest first
        self.descriptions: dict[str, str] = {}
        self.methods: dict[str, str] = {}  # payment methods of Stripe, and what they are called at localstripe
        self.keys = Keys()
        self._upstream = upstream

    @contextmanager
    def served(self) -> Iterator[StripeProxy]:
        """In a thread; without localstripe it knows its own lists alone."""
        with self:
            threading.Thread(target=self.serve_forever, daemon=True).start()
            yield self
            self.shutdown()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that did not wait for its answer is what we are here for."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def forward(self, method: str, path: str, body: str, authorization: str) -> Reply:
        """What localstripe makes of it, with what it leaves out."""
        if "payment_method_types" in body and "allowed_payment_method_types" not in body:
            return NO_LONGER
        where, _, query = path.partition("?")
        if where in self.lists:
            return Reply(200, json.dumps(self._listed(where, dict(parse_qsl(query)))).encode())
        known = [(name, self.methods.get(said, said)) for name, said in parse_qsl(body) if not name.startswith(UNKNOWN)]
        data = urlencode(known).encode() if method == "POST" else None
        request = urllib.request.Request(self._upstream + path, data, {"Authorization": authorization}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                reply = Reply(response.status, response.read())
        except urllib.error.HTTPError as error:
            reply = Reply(error.code, error.read())
        if method == "POST" and reply.status == 200:
            said, content = dict(known), reply.content
            self._spread(path, content)
            if path.endswith("/capture"):
                self.captured[content["id"]] = int(said.get("amount_to_capture", content["amount"]))
            if description := dict(parse_qsl(body)).get("description"):
                self.descriptions[content["id"]] = description
        return self._altered(self._completed(reply))

    def _listed(self, where: str, wanted: dict[str, str]) -> dict[str, Any]:
        """A page, as Stripe's own: of the intent's disputes, of the events since a moment."""
        rows = [
            row
            for row in self.lists[where]
            if row.get("payment_intent") == wanted.get("payment_intent")
            and row["created"] >= int(wanted.get("created[gte]", 0))
        ]
        start = [row["id"] for row in rows].index(wanted["starting_after"]) + 1 if "starting_after" in wanted else 0
        page = rows[start : start + int(wanted["limit"])]
        return {"object": "list", "url": where, "data": page, "has_more": start + len(page) < len(rows)}

    def _completed(self, reply: Reply) -> Reply:
        """Intents say how much was received and what they are for, and name their charge instead of showing it."""
        content = reply.content
        if content.get("object") != "payment_intent":
            return reply
        charge = content["latest_charge"] or {}
        content["amount_received"] = self.captured.get(content["id"], 0) if charge.get("captured") else 0
        content["latest_charge"] = charge.get("id")
        content["description"] = self.descriptions.get(content["id"])
        return replace(reply, body=json.dumps(content).encode())

    def _altered(self, reply: Reply) -> Reply:
        """As `say` has it, for the object and for those of a list."""
        content = reply.content
        for each in (content, *(content.get("data", []) if content.get("object") == "list" else ())):
            said = self.say.get(each.get("object", ""), {})
            each.update(said)
            for name in (name for name, value in said.items() if value is None):
                del each[name]
        return replace(reply, body=json.dumps(content).encode()) if self.say else reply

    def _spread(self, path: str, done: dict[str, Any]) -> None:
        """Count what was done, and tell the news that localstripe keeps to itself."""
        if path.endswith("/capture"):
            self.captures[done["id"]] += 1
        elif done.get("object") == "refund":
            self.refunds[done["payment_intent"]] += 1
            self.news(_event("charge.refunded", {"object": "charge", "payment_intent": done["payment_intent"]}))
        elif done.get("object") == "payment_intent" and done["status"] in INTENT_NEWS:
            self.news(_event(INTENT_NEWS[done["status"]], done))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._meet("")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        if self.path == NEWS_PATH:
            self._stripe.news(json.loads(body))
            self._send(Reply(200, b"{}"))
        else:
            self._meet(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the figures tell."""

    @property
    def _stripe(self) -> StripeProxy:
        return cast("StripeProxy", self.server)

    def _meet(self, body: str) -> None:
        fault, patience = self._stripe.plan.next(f"{self.command} {self.path}"), self._stripe.plan.patience
        self._stripe.faults[fault] += 1
        if fault == Fault.LATE:
            time.sleep(patience / 4)
        reply = AWAY if fault == Fault.AWAY else self._answer(body, fault)
        if fault == Fault.LOST:
            time.sleep(patience * 1.1)
            self.close_connection = True
        else:
            self._send(reply)

    def _answer(self, body: str, fault: Fault) -> Reply:
        def make() -> Reply:
            if fault == Fault.UNDONE:
                return BROKEN
            reply = self._stripe.forward(self.command, self.path, body, self.headers["Authorization"] or "")
            return BROKEN if fault == Fault.BROKEN else reply

        key = self.headers["Idempotency-Key"]
        return self._stripe.keys.once(key, self.path + body, make) if key and self.command == "POST" else make()

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)


def _event(type_: str, about: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"evt_{uuid4().hex}", "object": "event", "type": type_, "data": {"object": about}}


@contextmanager
def stripe_proxy(upstream: str) -> Iterator[StripeProxy]:
    """A proxy that serves, and hears localstripe's own webhooks."""
    with StripeProxy(upstream).served() as proxy:
        told = urlencode({"url": proxy.address + NEWS_PATH, "secret": "whsec_localstripe"}).encode()
        urllib.request.urlopen(f"{upstream}/_config/webhooks/proxy", told, timeout=10).close()
        yield proxy
