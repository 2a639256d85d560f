"""Everybody who could hurt a shop, at once: `python -m tests.promises.mob`, a process that reads its target from stdin.

Each comes from an address of its own (all of 127.0.0.0/8 is this machine's under Linux) and goes on until stdin closes;
then the number of what each of them did is printed as JSON. A line before it says that one of them has done something.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

PATIENCE = 60.0  # seconds for an answer
PAUSE = 0.05  # seconds between two tries of the same attacker
LEAVES = " ".join(f"a{number}: description" for number in range(190))
WORST = f"{{ products(first: 95) {{ nodes {{ category {{ products(first: 100) {{ nodes {{ {LEAVES} }} }} }} }} }} }}"
WIDE = f"{{ products(first: 50) {{ nodes {{ {LEAVES} }} }} }}"
COUNTED = (
    "{"
    + " ".join(f'a{n}: products(first: 0, filter: {{ search: "pot {n}" }}) {{ totalCount }}' for n in range(60))
    + "}"
)
CREATE = "createOrder(input: $input) { __typename }"
LOGIN = "login(input: {{email: {email}, password: {password}}}) {{ __typename }}"
FOLLOW = "subscription ($id: ID!) { orderUpdated(id: $id) { id status } }"
BROKEN = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 64,
    b"GET /graphql HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 500) for n in range(400)) + b"\r\n",
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x00",
    b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + b"[" * 20_000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)


@dataclass(frozen=True)
class Target:
    """The shop, and whose tokens the mob has."""

    url: str
    tokens: list[str]
    product: str
    order: str  # that the owner of tokens[0] may follow
    emails: list[str]
    stalled: int


def addresses(block: int) -> Iterator[str]:
    """One of its own for each attacker of a kind."""
    return (f"127.{block}.{number // 200}.{number % 200 + 2}" for number in count())


async def connect(target: Target, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(target.url)
    return await asyncio.open_connection(parts.hostname, parts.port, local_addr=(address, 0))


def request(query: str, token: str = "", accept: str = "application/json", **more: Any) -> bytes:
    body = json.dumps({"query": query, **more} if query else more).encode()
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\nConnection: close\r\n{authorization}"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def send(target: Target, address: str, sent: bytes, *, read: bool = True) -> None:
    """Whatever the answer is, it is read to its end; or the sender leaves at once."""
    reader, writer = await connect(target, address)
    try:
        writer.write(sent)
        await writer.drain()
        if read:
            while await asyncio.wait_for(reader.read(1 << 16), PATIENCE):
                pass
    finally:
        writer.close()


async def ask(target: Target, address: str, query: str, token: str = "", **variables: Any) -> None:
    await send(target, address, request(query, token, variables=variables))


async def order(target: Target, address: str, token: str, method: str, copies: int = 1, key: str = "") -> None:
    line = {"productId": target.product, "quantity": 1}
    aliases = " ".join(f"a{n}: {CREATE.replace('$input', f'$i{n}')}" for n in range(copies))
    declared = ", ".join(f"$i{n}: CreateOrderInput!" for n in range(copies))
    inputs = {
        f"i{n}": {"lines": [line], "paymentMethod": method, "idempotencyKey": key or str(uuid4())}
        for n in range(copies)
    }
    await ask(target, address, f"mutation ({declared}) {{ {aliases} }}", token, **inputs)


async def repeat(target: Target, address: str, token: str, keys: list[str]) -> None:
    """One key from many connections; a new one when all have had their answer for a while."""
    keys[0] = keys[0] if os.urandom(1)[0] > 8 else str(uuid4())
    await order(target, address, token, "pm_sandbox_timeout", key=keys[0])


async def sign_in(target: Target, address: str, email: str, password: str, copies: int = 10) -> None:
    login = LOGIN.format(email=json.dumps(email), password=json.dumps(password))
    await ask(target, address, "mutation {" + " ".join(f"a{n}: {login}" for n in range(copies)) + "}")


async def fill_persisted(target: Target, address: str) -> None:
    """Documents of 60 kB, each under its hash."""
    text = "{ __typename }" + f"# {uuid4()} ".ljust(60_000, "x")
    named = {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}
    await send(target, address, request(text, extensions={"persistedQuery": named}))


async def stall(target: Target, address: str) -> None:
    """A body that never arrives."""
    await send(target, address, request("{ __typename }")[:-5])


async def follow(target: Target, address: str) -> None:
    variables = {"id": target.order}
    await send(target, address, request(FOLLOW, target.tokens[0], "text/event-stream", variables=variables))


def attackers(target: Target) -> Iterator[tuple[str, str, Callable[[], Awaitable[None]]]]:
    """Name, address and what is done again and again."""
    tokens, keys = target.tokens, [str(uuid4())]
    for number, (name, address) in enumerate(crowd("worst", 4, 20)):
        query = (WORST, COUNTED, WIDE, COUNTED)[number % 4]
        yield name, address, partial(ask, target, address, query)
    for name, address in crowd("leaver", 4, 21):
        yield name, address, partial(send, target, address, request(WIDE), read=False)
    for number, (name, address) in enumerate(crowd("silent_provider", 40, 22)):
        yield name, address, partial(order, target, address, tokens[number % len(tokens)], "pm_sandbox_timeout")
    for name, address in crowd("same_key", 32, 23):
        yield name, address, partial(repeat, target, address, tokens[1], keys)
    for name, address in crowd("hoarder", 1, 24):
        yield name, address, partial(order, target, address, tokens[2], "pm_card_authenticationRequired", 5)
    for name, address in crowd("card_tester", 2, 25):
        yield name, address, partial(order, target, address, tokens[3], "pm_card_chargeDeclined", 10)
    for number, (name, address) in enumerate(crowd("guesser", 2, 26)):
        yield name, address, partial(sign_in, target, address, target.emails[number], "a wrong guess")
    for name, address in crowd("always_right", 1, 27):
        yield name, address, partial(sign_in, target, address, target.emails[2], "correct horse battery")
    for name, address in crowd("persisted_filler", 1, 28):
        yield name, address, partial(fill_persisted, target, address)
    for number, (name, address) in enumerate(crowd("broken", 6, 29)):
        yield name, address, partial(send, target, address, BROKEN[number])
    for name, address in crowd("stalled", target.stalled, 30):
        yield name, address, partial(stall, target, address)
    for name, address in crowd("follower", 64, 31):
        yield name, address, partial(follow, target, address)


def crowd(name: str, size: int, block: int) -> Iterator[tuple[str, str]]:
    return ((name, address) for _, address in zip(range(size), addresses(block), strict=False))


async def go_on(name: str, attack: Callable[[], Awaitable[None]], done: Counter[str]) -> None:
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            await attack()
        done[name] += 1
        await asyncio.sleep(PAUSE)


async def main(target: Target) -> None:
    done: Counter[str] = Counter()
    tasks = [asyncio.create_task(go_on(name, attack, done)) for name, _, attack in attackers(target)]
    async with asyncio.timeout(PATIENCE):
        while not done:
            await asyncio.sleep(PAUSE)
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    asyncio.run(main(Target(**json.loads(sys.stdin.readline()))))
