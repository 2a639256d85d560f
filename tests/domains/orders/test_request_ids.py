"""The id of a request is in all that is logged of what it causes, by whichever process."""

from __future__ import annotations

import pytest
from django.core import mail

from domains.common.background.models import OutboxMessage
from domains.common.background.relay import Relay
from tests.api import Api
from tests.domains.common.broker import own_queue, work
from tests.domains.orders.shop import DATABASES, wish
from tests.factories import ProductFactory
from tests.logs import json_log, lines

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def test_what_is_logged_of_a_confirmation_names_the_request_that_ordered(api: Api) -> None:
    query = "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { __typename } }"
    answer = api.post(query, {"input": wish([(ProductFactory.create(), 1)])}, **{"X-Request-ID": "ordered-0001"})
    assert "errors" not in answer
    with own_queue() as app:
        Relay().round()
        with json_log() as log:
            work(app, "mail")
    assert mail.outbox
    (done,) = lines(log, "outbox message done")
    order = str(OutboxMessage.objects.get(topic="orders.confirmation").key)
    assert (done["topic"], done["key"], done["attempt"]) == ("orders.confirmation", order, 1)
    told = [line for line in lines(log) if line["level"] != "DEBUG" and "run_periodic" not in line["message"]]
    assert "succeeded" in told[-1]["message"]  # Celery's own
    assert {line.get("request_id") for line in told} == {"ordered-0001"}
