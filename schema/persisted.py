"""Documents that clients name by a hash: trusted ones (a table), and those that clients register (APQ, in Redis).

`documentId` is of GraphQL over HTTP's appendix on persisted documents; `extensions.persistedQuery` is of automatic
persisted queries, as Apollo's and urql's clients send them.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from typing import Any

from django.conf import settings
from django.db.models import Q

from domains.common.guard import redis
from schema.errors import RequestProblem
from schema.models import TrustedDocument

NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
KNOWN_DOCUMENTS = 1_000  # kept in the process
KNOWN_SECONDS = 60  # after which a document that was removed is no longer trusted
MAX_IDENTIFIER = 200  # with its prefix; what is kept in the process is kept under it
REGISTERED_SECONDS = 86_400  # since it was last used
# Anybody may register, and Redis must not fill: 43 MB at most. Of two documents that share a slot the later stays.
REGISTERED_DOCUMENTS = 4_096
REGISTERED_BYTES = 10_000  # longer documents are executed and not kept
_SHA256 = re.compile(r"[0-9a-f]{64}")

_known: dict[str, tuple[float, str]] = {}


def sha256(text: str) -> str:
    """In hexadecimal, as clients send it."""
    return hashlib.sha256(text.encode()).hexdigest()


def named(document_id: str | None, persisted: Any) -> tuple[str, bool]:
    """The text of the document that a request without a query names; whether it is trusted. Raises RequestProblem."""
    if document_id:
        if (text := trusted(document_id)) is not None:
            return text, True
        message = "No document has this documentId here; it must be imported first"
        raise RequestProblem(message, code=NOT_FOUND, lenient=True)
    digest = _hash_in(persisted)
    if (text := trusted(digest)) is not None:
        return text, True
    if not settings.TRUSTED_DOCUMENTS_ONLY:
        text = _registered(digest)
    if text is None:  # clients look for these very words, and old ones give up for good at the status 400
        raise RequestProblem("PersistedQueryNotFound", code=NOT_FOUND, lenient=True)
    return text, False


def admitted(query: str, persisted: Any) -> str | None:
    """Whether a query that was sent in full may be executed; the hash to register it under. Raises RequestProblem."""
    digest = None if persisted is None else _hash_in(persisted)
    actual = sha256(query) if digest or settings.TRUSTED_DOCUMENTS_ONLY else ""
    if digest and digest != actual:
        raise RequestProblem("persistedQuery.sha256Hash is not the SHA-256 of the query")
    if not settings.TRUSTED_DOCUMENTS_ONLY:
        return digest
    if trusted(actual) is None:
        message = "Only trusted documents are executed here; import this one, or send the documentId of one that is"
        raise RequestProblem(message, status=403, code="FORBIDDEN")
    return None


def trusted(identifier: str) -> str | None:
    """The trusted document with this identifier or SHA-256; a prefix such as "sha256:" may stand before either."""
    if len(identifier) > MAX_IDENTIFIER:
        return None
    now = time.monotonic()
    if (known := _known.get(identifier)) is not None and known[0] > now:
        return known[1]
    bare = identifier.rpartition(":")[2]
    same = Q(identifier=identifier) | Q(identifier=bare) | Q(sha256=bare)
    text = TrustedDocument.objects.filter(same).values_list("text", flat=True).first()
    if text is not None:
        if len(_known) >= KNOWN_DOCUMENTS:
            _known.clear()
        _known[identifier] = now + KNOWN_SECONDS, text
    return text


def register(digest: str, query: str) -> None:
    """Keep a valid document for those who send its hash alone. Without Redis they go on sending the text."""
    if len(query.encode()) > REGISTERED_BYTES:
        return
    with contextlib.suppress(redis.RedisError), redis.guarded() as client:
        client.set(_slot(digest), digest + query, ex=REGISTERED_SECONDS)


def _registered(digest: str) -> str | None:
    if not _SHA256.fullmatch(digest):
        return None
    kept = None
    with contextlib.suppress(redis.RedisError), redis.guarded() as client:
        kept = client.getex(_slot(digest), ex=REGISTERED_SECONDS)
    return kept.removeprefix(digest) if isinstance(kept, str) and kept.startswith(digest) else None


def _slot(digest: str) -> str:
    return redis.key("document", int(digest[:4], 16) % REGISTERED_DOCUMENTS)


def _hash_in(persisted: Any) -> str:
    digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(digest, str) or not 1 <= len(digest) <= 128:
        raise RequestProblem("persistedQuery needs a sha256Hash")
    return digest.lower() if _SHA256.fullmatch(digest.lower()) else digest
