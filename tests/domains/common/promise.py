"""Work of the outbox that a test makes up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import Handler
from domains.common.data.models import new_id

type Promise = Callable[[Handler], OutboxMessage]


@pytest.fixture
def promise(db: None) -> Iterator[Promise]:
    """Enqueues a message whose work is the handler given."""
    topics: list[str] = []

    def enqueue(handler: Handler) -> OutboxMessage:
        topics.append(f"test-{uuid4().hex}")
        outbox.handler(topics[-1])(handler)
        return outbox.enqueue(topics[-1], key=new_id())

    yield enqueue
    for topic in topics:
        del outbox._handlers[topic]
