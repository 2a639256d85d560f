"""Somebody else's Stripe (PyPI: localstripe) as a process of its own.

What it gets wrong, and our side must stop: no idempotency, refunds above what was captured, captures after a cancel.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from tests.processes import free_port, wait_until

KEY = "sk_test_localstripe"
DECLINED_CARD = "4000000000000341"
ASKING_CARD = "4000002500003155"  # its bank asks the cardholder
# As it comes it writes all it knows to one file in /tmp after each change, which every run on the machine would share.
SERVE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
"""


@contextmanager
def localstripe() -> Iterator[str]:
    """The address of a server that knows nothing yet."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(address), what="localstripe answers")
        yield address
    finally:
        process.kill()
        process.wait()


def ask(address: str, path: str, **fields: object) -> dict[str, Any]:
    """A POST with fields, a GET without."""
    data = urlencode(fields).encode() if fields else None
    request = urllib.request.Request(address + path, data, {"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=10) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def add_card(address: str, number: str) -> str:
    """The id of a payment method with this card."""
    card = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    fields = {f"card[{name}]": value for name, value in card.items()}
    return str(ask(address, "/v1/payment_methods", type="card", **fields)["id"])


def _answers(address: str) -> bool:
    try:
        return bool(ask(address, "/v1/charges"))
    except OSError:
        return False
