"""Dead letters of the outbox: staff see them and try them again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from domains.common.background import delivering, outbox
from domains.common.background.models import DEAD, OutboxMessage
from domains.common.data.models import new_id
from domains.operations.models import FailedMessage
from tests.api import Api, gid
from tests.domains.common.promise import Promise
from tests.domains.common.refusals import refusal

pytestmark = pytest.mark.django_db

LIST = """query ($first: Int, $after: String) { failedMessages(first: $first, after: $after) {
    nodes { id topic attempts lastError createdAt updatedAt } totalCount pageInfo { hasNextPage endCursor } } }"""
NODE = "query ($id: ID!) { node(id: $id) { __typename ... on FailedMessage { topic lastError } } }"
RETRY = "mutation ($input: RetryMessageInput!) { retryMessage(input: $input) { __typename } }"
calls: list[UUID] = []


def fail(message: OutboxMessage) -> None:
    calls.append(message.id)
    raise ConnectionError("customer@example.com was refused")


def die(message: OutboxMessage) -> FailedMessage:
    OutboxMessage.objects.filter(id=message.id).update(
        failures=delivering.MAX_FAILURES - 1, attempts=F("attempts") + 19
    )
    delivering.deliver(message.id)
    return FailedMessage.objects.get(id=message.id)


def listed(staff: Api, **arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = staff.data(LIST, arguments)["failedMessages"]
    return answer


def _multiply(times: int) -> None:
    """As many rows more like the one there is; made by the database, for Python takes 30 times as long."""
    others = ", ".join(str(field.column) for field in OutboxMessage._meta.concrete_fields if not field.primary_key)
    table = OutboxMessage._meta.db_table
    rows = f"SELECT gen_random_uuid(), {others} FROM {table}, generate_series(1, {times})"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, {others}) {rows}")


def test_staff_see_what_is_not_tried_any_more_and_the_type_of_its_error(staff: Api, promise: Promise) -> None:
    promise(fail)
    dead = die(promise(fail))
    answer = listed(staff)
    assert answer["totalCount"] == 1
    [node] = answer["nodes"]
    assert (node["id"], node["topic"], node["attempts"]) == (gid(dead), dead.topic, 20)
    assert node["lastError"] == "ConnectionError"
    assert staff.data(NODE, {"id": gid(dead)})["node"] == {
        "__typename": "FailedMessage",
        "topic": dead.topic,
        "lastError": "ConnectionError",
    }


def test_the_latest_comes_first_page_by_page(staff: Api, promise: Promise) -> None:
    dead = [gid(die(promise(fail))) for _ in range(5)]
    first = listed(staff, first=3)
    second = listed(staff, first=3, after=first["pageInfo"]["endCursor"])
    assert [node["id"] for node in first["nodes"] + second["nodes"]] == dead[::-1]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


def test_a_page_reads_its_own_index() -> None:
    now = timezone.now()
    OutboxMessage.objects.bulk_create(
        OutboxMessage(topic="test", key=new_id(), due_at=now, done_at=now, created_at=now - timedelta(seconds=n))
        for n in range(500)
    )
    OutboxMessage.objects.create(topic="test", key=new_id(), due_at=now, dead_at=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE common_outboxmessage")
    rows = FailedMessage.objects.filter(DEAD).order_by("-created_at", "-id")[:21]
    assert "outbox_dead" in rows.explain()


def test_more_than_fifty_thousand_are_not_counted(staff: Api) -> None:
    OutboxMessage.objects.create(topic="test", key=new_id(), due_at=timezone.now(), dead_at=timezone.now())
    _multiply(50_000)
    assert (listed(staff, first=1)["totalCount"], len(listed(staff, first=1)["nodes"])) == (None, 1)
    OutboxMessage.objects.earliest("created_at").delete()
    assert listed(staff, first=1)["totalCount"] == 50_000


@pytest.mark.parametrize("query", [LIST, RETRY])
def test_nobody_but_staff_may_look_or_retry(api: Api, nobody: Api, promise: Promise, query: str) -> None:
    dead = die(promise(fail))
    variables = {"input": {"messageId": gid(dead)}} if query == RETRY else {}
    assert api.code(query, variables) == "FORBIDDEN"
    assert nobody.code(query, variables) == "UNAUTHENTICATED"
    assert api.data(NODE, {"id": gid(dead)})["node"] is None
    dead.refresh_from_db()
    assert dead.dead_at is not None


def test_a_retried_message_is_due_at_once_and_may_fail_as_often_as_a_new_one(staff: Api, promise: Promise) -> None:
    dead = die(promise(fail))
    result = staff.call("retryMessage", "retriedMessage { id attempts lastError }", messageId=gid(dead))
    assert result["retriedMessage"] == {"id": gid(dead), "attempts": 20, "lastError": "ConnectionError"}
    assert staff.data(NODE, {"id": gid(dead)})["node"] is None
    assert listed(staff)["nodes"] == []
    assert list(outbox.hand_over()) == [dead.id]
    calls.clear()
    delivering.deliver(dead.id)
    dead.refresh_from_db()
    assert calls == [dead.id]
    assert (dead.failures, dead.attempts, dead.dead_at) == (1, 21, None)


def test_only_a_dead_message_can_be_retried(staff: Api, promise: Promise) -> None:
    alive, withdrawn = promise(fail), die(promise(fail))
    outbox.withdraw(withdrawn.topic, key=withdrawn.key)
    assert listed(staff)["nodes"] == []
    other = FailedMessage(id=new_id())
    for message_id in (gid(FailedMessage(id=alive.id)), gid(withdrawn), gid(other), gid(alive), "nonsense"):
        problem = refusal(staff, "retryMessage", "NotFoundError", messageId=message_id)
        assert problem["path"] == ["input", "messageId"]


def test_a_message_is_retried_once(staff: Api, promise: Promise) -> None:
    dead = die(promise(fail))
    assert (
        staff.call("retryMessage", "retriedMessage { id }", messageId=gid(dead))["__typename"] == "RetryMessageSuccess"
    )
    refusal(staff, "retryMessage", "NotFoundError", messageId=gid(dead))
