"""Who is let in, without a row of theirs being read: Redis remembers what SQL said.

SQL is the record. Redis remembers of a session whose it is, or that it is over, and of a person the token version and
whether they are staff, so that claims and one MGET recognise a viewer. Redis may be stopped, paused, emptied or put
back to an older state, and any process may die at any step: no session that somebody was told is over lets anybody
in, and a living one always does, because what Redis does not know is asked of SQL.

1. Every change of access leaves an AccessChange row in its own transaction (triggers write it). It goes only after
   Redis has forgotten its subject. `publish` does both.
2. What Redis remembers counts only while `proof` exists, a key that lives PROOF_MS. Only `_prove` sets it: it takes a
   ticket that lives TICKET_MS, publishes all AccessChange rows, and sets the proof if its ticket still lives. So
   while there is a proof, everything committed more than PROOF_MS + TICKET_MS ago has been forgotten by Redis.
3. A service that ended a session answers after `publish`, or, when Redis cannot be reached, after PROOF_MS +
   TICKET_MS. By (2) the old answer is gone then, even from a Redis that only this process cannot reach. A process that
   dies in between has told nobody, and the rows it leaves are published by whoever proves next.
4. A reader that asked SQL before a commit must not remember it after: each publication changes `fence`, and `_remember`
   writes only if the fence is still the one that was read before SQL was asked.
5. The proof's value names an epoch, new (random) whenever the proof was missing, and memories carry their epoch. So
   those of a Redis that came back from a snapshot or a lagging replica do not count; neither do those of before an
   outage. An empty Redis has no proof: SQL answers while the first caller makes one. But one that is back within
   PROOF_MS with a snapshot or replica of just before still has its proof, and may have lost a publication. So Redis
   must run without persistence and replicas (as docker-compose.yml has it), or take longer than PROOF_MS to come back.
6. A process that leaves Redis alone after a failure (`redis.guarded`) is one that cannot reach it: readers ask SQL, and
   (3) waits its whole time.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from domains.accounts.jwt import AccessClaims
from domains.accounts.models import AccessChange, Session
from domains.common.guard import redis
from domains.common.viewer import Viewer

PROOF_MS, RENEW_MS, TICKET_MS = 2000, 1000, 500
ENDED = "ended"
BATCH = 500

REMEMBER = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[3]) end
return 1
"""
PROVE = """
local proof, recent, fence, ticket = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('GET', ticket) ~= ARGV[1] then return 0 end
local epoch = redis.call('GET', proof) or ARGV[1]
redis.call('SET', fence, ARGV[1], 'NX')
redis.call('SET', proof, epoch, 'PX', ARGV[2])
redis.call('SET', recent, 1, 'PX', ARGV[3])
return redis.call('DEL', ticket)
"""
# Others may publish the same rows: whoever is first deletes them.
DELETE = """
DELETE FROM accounts_accesschange WHERE id IN (
    SELECT id FROM accounts_accesschange WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What SQL says of a session, and of the person it belongs to."""

    user_id: UUID
    ended: bool
    is_active: bool
    token_version: int
    is_staff: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """What Redis says at one moment."""

    epoch: str | None
    recent: str | None
    fence: str | None
    session: str | None
    user: str | None


def recognize(claims: AccessClaims) -> Viewer | None:
    """The viewer of verified claims; None when the session is over, the account closed or the token's version old."""
    # A transaction sees what nobody else may: it neither believes Redis nor teaches it.
    if connection.in_atomic_block:
        return _judge(claims, _ask(claims))
    try:
        memory = _recall(claims)
        if not memory.recent:
            _prove()
    except redis.RedisError:
        return _judge(claims, _ask(claims))
    if memory.session == ENDED:
        return None
    return _believe(claims, memory) or _look_up(claims, memory)


def publish_on_commit() -> None:
    """When the current transaction has committed, and before its service returns, Redis forgets what it changed.

    While Redis is away this waits until nobody can go by an old answer: PROOF_MS + TICKET_MS.
    """
    transaction.on_commit(_publish_or_wait)


def publish() -> None:
    """Make Redis forget the subjects of all AccessChange rows, then delete these. Raises RedisError."""
    changes: dict[UUID, UUID] = {}
    while not changes or len(changes) == BATCH:
        changes = dict(AccessChange.objects.order_by("id").values_list("id", "subject")[:BATCH])
        if not changes:
            return
        with redis.guarded() as client, client.pipeline(transaction=True) as pipe:
            pipe.set(_key("fence"), uuid4().hex)
            pipe.delete(*(_key(subject) for subject in changes.values()))
            pipe.execute()
        with connection.cursor() as cursor:
            cursor.execute(DELETE, [list(changes)])


def _publish_or_wait() -> None:
    try:
        publish()
    except redis.RedisError:
        time.sleep((PROOF_MS + TICKET_MS) / 1000)


def _prove() -> None:
    """One caller at a time: publish what is unpublished, then extend the proof. Raises RedisError."""
    ticket = uuid4().hex
    with redis.guarded() as client:
        mine = client.set(_key("ticket"), ticket, nx=True, px=TICKET_MS)
    if mine:
        publish()
        keys = [_key(name) for name in ("proof", "recent", "fence", "ticket")]
        with redis.guarded() as client:
            client.eval(PROVE, len(keys), *keys, ticket, PROOF_MS, RENEW_MS)


def _recall(claims: AccessClaims) -> Memory:
    names = ("proof", "recent", "fence", claims.session_id, claims.user_id)
    with redis.guarded() as client:
        return Memory(*cast("list[str | None]", client.mget([_key(name) for name in names])))


def _believe(claims: AccessClaims, memory: Memory) -> Viewer | None:
    if memory.epoch is None or memory.session != f"{memory.epoch}:{claims.user_id}":
        return None
    for is_staff in (False, True):
        if memory.user == f"{memory.epoch}:{claims.token_version}:{is_staff:d}":
            return Viewer(user_id=claims.user_id, session_id=claims.session_id, is_staff=is_staff)
    return None


def _look_up(claims: AccessClaims, memory: Memory) -> Viewer | None:
    standing = _ask(claims)
    with suppress(redis.RedisError):
        _remember(claims, memory, standing)
    return _judge(claims, standing)


def _remember(claims: AccessClaims, memory: Memory, standing: Standing | None) -> None:
    if memory.epoch is None or memory.fence is None:
        return
    values = {claims.session_id: ENDED}
    if standing and not standing.ended:
        values = {claims.session_id: f"{memory.epoch}:{standing.user_id}"}
        if standing.is_active:
            values[standing.user_id] = f"{memory.epoch}:{standing.token_version}:{standing.is_staff:d}"
    keys = [_key("proof"), _key("fence"), *map(_key, values)]
    seconds = settings.JWT_ACCESS_TOKEN_LIFETIME * 60
    with redis.guarded() as client:
        client.eval(REMEMBER, len(keys), *keys, memory.epoch, memory.fence, seconds, *values.values())


def _ask(claims: AccessClaims) -> Standing | None:
    of_user = ("user__is_active", "user__token_version", "user__is_staff")
    rows = Session.objects.filter(id=claims.session_id).values_list("user_id", "revoked_at", "expires_at", *of_user)
    row: tuple[UUID, datetime | None, datetime, bool, int, bool] | None = rows.first()
    if row is None:
        return None
    user_id, revoked_at, expires_at, is_active, token_version, is_staff = row
    ended = revoked_at is not None or expires_at <= timezone.now()
    return Standing(user_id, ended, is_active, token_version, is_staff)


def _judge(claims: AccessClaims, standing: Standing | None) -> Viewer | None:
    if standing is None or standing.ended or not standing.is_active:
        return None
    if (standing.user_id, standing.token_version) != (claims.user_id, claims.token_version):
        return None
    return Viewer(user_id=claims.user_id, session_id=claims.session_id, is_staff=standing.is_staff)


def _key(name: object) -> str:
    return redis.key("access", name)
