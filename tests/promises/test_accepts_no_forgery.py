"""Promise: no news of a payment is believed that the provider did not sign just now."""

from __future__ import annotations

import http.client
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from domains.common.background.models import OutboxMessage
from domains.payments.models import WebhookEvent
from tests.domains.payments.news import PATH, SECRET, news, signed
from tests.processes import Stack, running
from tests.promises.figures import figures, size

pytestmark = pytest.mark.django_db(transaction=True)

FORGERIES = size(400, 10_000)
CONNECTIONS = 4
STRANGE = "whsec_of_somebody_else"


def test_forged_tampered_and_stale_signatures_are_refused(transactional_db: None, tmp_path: Path) -> None:
    provider = {"PAYMENT_GATEWAY": "stripe", "STRIPE_API_KEY": "unused", "STRIPE_WEBHOOK_SECRET": SECRET}
    with running(tmp_path / "mails", "web", **provider) as stack:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            liars = [pool.submit(tell_lies, stack, random.Random(number)) for number in range(CONNECTIONS)]
        told = sum((liar.result() for liar in liars), Counter())
        accepted = WebhookEvent.objects.count() + OutboxMessage.objects.count()
        with closing(connect(stack)) as connection:
            assert send(connection, signed(news()), news().encode()) == 200  # what is true is heard
    kinds = Counter[str]()
    for (kind, _), times in told.items():
        kinds[kind] += times
    figures("accepts_no_forgery", forgeries=told.total(), kinds=len(kinds), accepted=accepted)
    assert accepted == 0
    assert {status for _, status in told} == {400}
    assert min(kinds.values()) > FORGERIES / 50
    assert WebhookEvent.objects.count() == 1


def connect(stack: Stack) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", stack.port, timeout=20)


def send(connection: http.client.HTTPConnection, signature: str, body: bytes) -> int:
    headers: dict[str, str | bytes] = {"Content-Type": "application/json", "Stripe-Signature": signature.encode()}
    connection.request("POST", PATH, body, headers)
    with connection.getresponse() as response:
        response.read()
        return response.status


def tell_lies(stack: Stack, dice: random.Random) -> Counter[tuple[str, int]]:
    """How often a kind of forgery got a status."""
    told = Counter[tuple[str, int]]()
    with closing(connect(stack)) as connection:
        for _ in range(FORGERIES // CONNECTIONS):
            kind, signature, body = forgery(dice)
            told[kind, send(connection, signature, body)] += 1
    return told


def other_hex_digit(text: str, at: int) -> str:
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def forgery(dice: random.Random) -> tuple[str, str, bytes]:
    """Its kind, a signature and a body of which at least one is not the provider's, or not of now."""
    now = int(time.time())
    body = news(f"pi_{dice.randrange(1_000)}", id_=f"evt_{dice.randrange(10**9)}")
    good = signed(body)
    stamp, code = good.split(",v1=")
    place = dice.randrange(len(body))
    kinds = {
        "another secret": (signed(body, STRANGE), body),
        "no secret": (f"{stamp},v1={dice.randbytes(32).hex()}", body),
        "of another body": (signed(news("pi_other")), body),
        "one digit": (f"{stamp},v1={other_hex_digit(code, dice.randrange(64))}", body),
        "shortened": (f"{stamp},v1={code[: dice.randrange(64)]}", body),
        "capitals": (f"{stamp},v1={code.upper()}x", body),
        "old scheme": (f"{stamp},v0={code}", body),
        "no stamp": (f"v1={code}", body),
        "moved stamp": (f"t={now - dice.randint(1, 299)},v1={code}", body),
        "stale": (signed(body, at=now - dice.randint(301, 10**6)), body),
        "odd stamp": (f"t={dice.choice(['', 'now', '1e9', '-1', '٣', '9' * 400])},v1={code}", body),
        "nothing": ("", body),
        "noise": ("".join(chr(dice.randint(32, 255)) for _ in range(dice.randrange(100))), body),
        "not ascii": (f"{stamp},v1={code[:-1]}\xe9", body),
        "one character": (good, body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]),
        "longer body": (good, body + " "),
        "shorter body": (good, body[:-1]),
        "not text": (good, body + "\udcff"),
    }
    kind = dice.choice(sorted(kinds))
    signature, text = kinds[kind]
    return kind, signature, text.encode(errors="surrogateescape")
