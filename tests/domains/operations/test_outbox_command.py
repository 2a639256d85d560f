"""`manage.py outbox`: many messages at once, beside a running relay and workers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from domains.accounts.services import mailing
from domains.common import handlers
from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.models import new_id
from domains.orders.models import OrderEvent
from domains.orders.transitions import MAILS
from tests.api import Api
from tests.domains.common.together import locked_elsewhere
from tests.domains.orders.dashboard import assert_in_order
from tests.domains.orders.shop import DATABASES, buy
from tests.factories import ProductFactory
from tests.logs import json_log, lines

pytestmark = pytest.mark.django_db
MAIL, MONEY = mailing.PASSWORD_RESET, "payments.operation"
ago: Callable[[float], Any] = lambda hours: timezone.now() - timedelta(hours=hours)  # noqa: E731


def message(topic: str = MAIL, hours: float = 1, **columns: Any) -> OutboxMessage:
    """Promised so long ago; dead, unless the columns say otherwise."""
    columns = {"due_at": ago(1), "dead_at": timezone.now(), "attempts": 20, "failures": 20, **columns}
    return OutboxMessage.objects.create(topic=topic, key=new_id(), created_at=ago(hours), **columns)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("outbox", *arguments, stdout=out)
    return out.getvalue()


def of_each_state() -> list[OutboxMessage]:
    return [
        message(dead_at=None),
        message(dead_at=None, due_at=ago(-1)),
        message(dead_at=None, leased_until=ago(-1), lease=new_id()),
        message(last_error="MailRefused 550"),
    ]


def test_every_unfinished_message_is_listed_in_one_state() -> None:
    of_each_state()
    message(dead_at=None, leased_until=ago(1), lease=new_id())  # its worker died
    message(done_at=timezone.now())
    counts = [line.split()[:3] for line in run("list").splitlines()]
    assert counts == [["due", "2", MAIL], ["waiting", "1", MAIL], ["leased", "1", MAIL], ["dead", "1", MAIL]]
    assert "MailRefused 550" in run("list", "--state", "dead")


def test_the_messages_of_a_topic_are_listed_oldest_first() -> None:
    rows = [message(hours=hours) for hours in (1, 3, 2)]
    message(topic=MONEY)
    listed = run("list", "--topic", MAIL, "--older-than", "90m").splitlines()[1:]
    assert [line.split()[0] for line in listed] == [str(rows[1].id), str(rows[2].id)]
    assert len(run("list", "--topic", MAIL, "--limit", "1").splitlines()) == 2


def test_dead_messages_are_retried_the_oldest_first_and_what_is_left_is_told() -> None:
    newer, older, other = message(hours=1), message(hours=2), message(topic=MONEY)
    with json_log() as log:
        assert "retry: 1 messages. Such messages now: 1." in run("retry", "--topic", MAIL, "--limit", "1", "--yes")
    assert list(outbox.hand_over()) == [older.id]
    older.refresh_from_db()
    assert (older.dead_at, older.failures, older.attempts) == (None, 0, 20)
    [line] = lines(log, "outbox messages retried")
    assert (line["topic"], line["message_ids"]) == (MAIL, [str(older.id)])
    assert line["by"]
    run("retry", "--yes")
    assert set(outbox.hand_over()) == {newer.id, other.id}


def test_what_waits_after_an_outage_is_retried_at_once_and_what_was_promised_for_later_is_not() -> None:
    tried = message(dead_at=None, due_at=ago(-1), attempts=3, failures=0)
    message(dead_at=None, due_at=ago(-1), attempts=0, failures=0)
    run("retry", "--state", "waiting", "--yes")
    assert list(outbox.hand_over()) == [tried.id]


@pytest.mark.parametrize("act", ["retry", "discard"])
@pytest.mark.parametrize("answer", ["", "n", None])
def test_without_a_yes_nothing_is_changed(monkeypatch: pytest.MonkeyPatch, act: str, answer: str | None) -> None:
    def asked(question: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", asked)
    dead = message()
    with pytest.raises(CommandError, match="Nothing was changed"):
        run(act)
    dead.refresh_from_db()
    assert (dead.dead_at is None, dead.done_at) == (False, None)


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_what_a_worker_or_the_relay_has_taken_meanwhile_is_left_alone(act: str) -> None:
    _, _, leased, _ = of_each_state()
    with pytest.raises(CommandError, match="invalid choice"):
        run(act, "--state", "leased", "--yes")
    leased.refresh_from_db()
    assert (leased.done_at, leased.lease is None) == (None, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["retry", "discard"])
def test_a_message_that_somebody_else_has_locked_keeps_nobody_waiting(act: str) -> None:
    locked, free = message(), message()
    with locked_elsewhere(OutboxMessage.objects.filter(id=locked.id)):
        assert f"{act}: 1 messages. Such messages now: 1." in run(act, "--yes")
    locked.refresh_from_db()
    free.refresh_from_db()
    assert (locked.dead_at, locked.done_at) != (None, None)
    assert (free.dead_at, free.done_at) != (locked.dead_at, None)


def test_only_mails_may_be_discarded() -> None:
    autodiscover_modules("handlers")
    assert set(outbox.abandonable()) == {*MAILS, *mailing.SUBJECTS}
    for topic in outbox._handlers.keys() - outbox.abandonable().keys() | {"of.another.release"}:
        mail, kept = message(), message(topic=topic)
        with pytest.raises(CommandError, match=f"{topic}: this work must be done"):
            run("discard", "--yes")
        assert {row.done_at for row in OutboxMessage.objects.filter(id__in=[mail.id, kept.id])} == {None}
        kept.delete()


@pytest.mark.django_db(transaction=True, databases=DATABASES)
def test_a_discarded_confirmation_is_in_the_history_of_its_order(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    with json_log() as log:
        run("discard", "--topic", "orders.confirmation", "--state", "due", "--yes")
    assert lines(log, "outbox messages discarded")
    assert OutboxMessage.objects.get(topic="orders.confirmation").last_error == "Discarded"
    assert OrderEvent.objects.latest("created_at").type == "EMAIL_NOT_SENT"
    assert list(outbox.hand_over()) == []
    assert_in_order()


def test_mails_that_nobody_took_are_forgotten_after_a_month_and_other_dead_work_never() -> None:
    old, older = 31 * 24, 40 * 24
    message(hours=older, dead_at=ago(old))
    kept = {message(hours=older, dead_at=ago(29 * 24)).id, message(topic=MONEY, hours=older, dead_at=ago(old)).id}
    handlers.purge()
    assert set(OutboxMessage.objects.values_list("id", flat=True)) == kept
