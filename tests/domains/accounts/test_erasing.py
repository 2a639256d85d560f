"""Asking to be erased, the time of grace, and what is left of the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pytest_django import Settings

from domains.accounts import services
from domains.accounts.handlers import purge
from domains.accounts.models import AuditEvent, Session, User
from domains.accounts.services import erasing, mailing
from domains.common.background import delivering, outbox
from domains.common.background.models import OutboxMessage
from domains.common.viewer import Viewer
from tests.api import Api
from tests.domains.accounts.mails import deliver, reset_token
from tests.domains.common.refusals import refusal
from tests.factories import PASSWORD
from tests.logs import json_log
from tests.mail_server import mail_server

pytestmark = pytest.mark.django_db(transaction=True)
DUE = "user { erasureDueAt erasedAt erasureWaitsFor { code } version }"
ME = "{ me { email erasureDueAt } }"


def ask(api: Api, password: str = PASSWORD) -> dict[str, Any]:
    return api.call("requestErasure", DUE, currentPassword=password)


def end_the_grace() -> None:
    User.objects.filter(erasure_due_at__isnull=False).update(erasure_due_at=F("created_at"))
    erasing.promise_due()


def test_an_erasure_is_due_in_two_weeks_and_signing_in_shows_it(api: Api, customer: User) -> None:
    told = ask(api)["user"]
    due = parse_datetime(told["erasureDueAt"])
    assert due
    assert timedelta(days=13, hours=23) < due - timezone.now() < timedelta(days=14)
    assert (told["erasedAt"], told["erasureWaitsFor"]) == (None, [])
    assert ask(api)["user"] == told  # asked again
    signed_in = Api().call("login", DUE, email=customer.email, password=PASSWORD)
    assert signed_in["user"]["erasureDueAt"] == told["erasureDueAt"]
    (message,) = deliver()
    assert f"{due:%B %Y}" in message.body
    assert erasing.promise_due() == 0


def test_taken_back_it_never_happens(api: Api, customer: User) -> None:
    ask(api)
    assert api.data("mutation { cancelErasure { ... on CancelErasureSuccess { user { erasureDueAt } } } }") == {
        "cancelErasure": {"user": {"erasureDueAt": None}}
    }
    assert [message.subject for message in deliver()] == ["Your data is not erased"]  # the first one is overtaken
    end_the_grace()
    assert deliver() == []
    assert api.data(ME)["me"]["email"] == customer.email
    again = api.data("mutation { cancelErasure { __typename } }")
    assert again["cancelErasure"]["__typename"] == "NotFoundError"
    types = AuditEvent.objects.filter(type__startswith="ERASURE").order_by("created_at").values_list("type", flat=True)
    assert list(types) == ["ERASURE_REQUESTED", "ERASURE_CANCELLED"]


def test_taken_back_after_it_was_promised_it_never_happens(api: Api, customer: User) -> None:
    ask(api)
    end_the_grace()
    services.cancel_erasure(viewer=Viewer(user_id=customer.id))
    deliver()
    assert User.objects.get(id=customer.id).erased_at is None


def test_a_wrong_password_asks_for_nothing(api: Api) -> None:
    refusal(api, "requestErasure", "InvalidCredentialsError", currentPassword="wrong")
    assert api.data(ME)["me"]["erasureDueAt"] is None


def test_after_the_grace_a_last_mail_goes_and_then_nobody_is_left(api: Api, customer: User) -> None:
    ask(api)
    deliver()
    end_the_grace()
    assert erasing.promise_due() == 0  # once
    (last,) = deliver()
    assert (last.to, last.subject) == ([customer.email], "Your data is erased")
    left = User.objects.get(id=customer.id)
    assert (left.name, left.email, left.is_active) == ("", f"{left.id}@erased.invalid", False)
    assert left.erased_at
    assert api.code(ME) == "UNAUTHENTICATED"
    refusal(Api(), "login", "InvalidCredentialsError", email=customer.email, password=PASSWORD)
    assert OutboxMessage.objects.count() == 0
    told = Api().call(
        "register", "user { id }", email=customer.email, name="Somebody else", password="Saffron-Kettle-42"
    )
    assert told["__typename"] == "RegisterSuccess"


def test_no_link_opens_who_was_erased(customer: User) -> None:
    Api().call("requestPasswordReset", "email", email=customer.email)
    (message,) = deliver()
    outbox.enqueue(mailing.PASSWORD_RESET, key=customer.id)  # by a request that knew the account before
    services.erase(customer.id)
    outbox.enqueue(mailing.PASSWORD_RESET, key=customer.id)
    assert deliver() == []
    refusal(Api(), "resetPassword", "InvalidTokenError", token=reset_token(message), newPassword="Copper-Ladder-17")


def last_mails() -> list[bool]:
    OutboxMessage.objects.update(due_at=F("created_at"))
    return [delivering.deliver(message_id) for message_id in outbox.hand_over()]


def test_a_mail_server_that_is_away_keeps_a_person_for_three_days_at_most(
    api: Api, customer: User, settings: Settings
) -> None:
    ask(api)
    deliver()
    User.objects.update(erasure_due_at=timezone.now())
    erasing.promise_due()
    with mail_server(settings, connect="421 not now"):
        assert last_mails() == [False]
        assert User.objects.get(id=customer.id).erased_at is None
        User.objects.update(erasure_due_at=F("erasure_due_at") - timedelta(days=3))
        assert last_mails() == [True]
    assert User.objects.get(id=customer.id).erased_at


def test_an_address_that_takes_no_mail_keeps_nobody(api: Api, customer: User, settings: Settings) -> None:
    ask(api)
    deliver()
    User.objects.update(erasure_due_at=timezone.now())
    erasing.promise_due()
    with mail_server(settings, rcpt="550 5.1.1 nobody here"), json_log() as log:
        assert last_mails() == [True]
    assert User.objects.get(id=customer.id).erased_at
    assert customer.email not in log.getvalue()


def test_an_erasure_that_is_broken_off_has_not_happened_and_is_done_again(
    customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    Api(customer)

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as breaking:
        breaking.setattr("domains.accounts.services.erasing.personal.obstacles", broken)
        with pytest.raises(RuntimeError):
            services.erase(customer.id)
    assert User.objects.get(id=customer.id).name == customer.name
    assert Session.objects.count() == 1
    assert services.erase(customer.id)
    erased_at = User.objects.get(id=customer.id).erased_at
    assert services.erase(customer.id)  # a second time, for what staff wrote since
    assert User.objects.get(id=customer.id).erased_at == erased_at


def test_nobody_registers_an_address_of_nameless_accounts(nobody: Api) -> None:
    answer = nobody.call(
        "register", "user { id }", email=f"{uuid4()}@erased.invalid", password="correct-Horse-battery-1", name="A"
    )
    assert answer["__typename"] == "ValidationError"


def test_what_a_failed_sign_in_writes_after_the_end_is_forgotten(customer: User) -> None:
    services.erase(customer.id)
    AuditEvent.objects.create(type="SIGN_IN_FAILED", user=customer, ip_address="203.0.113.7")
    purge()
    assert AuditEvent.objects.count() == 0
