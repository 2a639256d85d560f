"""One trace reaches from the request that orders to the mail that confirms, whichever processes do the work."""

from __future__ import annotations

import pytest
from django.core import mail

from domains.accounts.models import User
from domains.common.background.relay import Relay
from tests.api import Api
from tests.collector import Collector, attributes, collector, traced
from tests.domains.common.broker import own_queue, work
from tests.domains.orders.shop import ADDRESS, DATABASES, wish
from tests.factories import DeliveryMethodFactory, ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PLACE = """mutation Place($input: CreateOrderInput!) { createOrder(input: $input) {
    ... on CreateOrderSuccess { order { customer { email } lines { product { name } } } } } }"""
CANARY = "canary-note of nobody's business"


def order(api: Api, **headers: str) -> None:
    cart = wish([(ProductFactory.create(), 1)], DeliveryMethodFactory.create(), note=CANARY)
    answer = api.post(PLACE, {"input": cart}, **headers)
    assert answer["data"]["createOrder"]["order"], answer


def placed_and_confirmed(api: Api) -> Collector:
    """All spans from the request of an order to its mail."""
    with collector() as taker, traced(taker.url, OTEL_TRACES_SAMPLER="parentbased_always_off"), own_queue() as app:
        order(api, traceparent=f"00-{TRACE}-{PARENT}-01", **{"X-Request-ID": "ordered-0001"})
        Relay().round()
        work(app, "mail")
    assert mail.outbox
    return taker


def test_one_trace_reaches_from_http_to_the_mail(api: Api) -> None:
    taker = placed_and_confirmed(api)
    assert {span.trace_id.hex() for span in taker.spans.values()} == {TRACE}
    queue = next(span.name.removeprefix("send ") for span in taker.spans.values() if span.name.startswith("send test"))
    assert taker.above(taker.named("send mail")) == [
        *("process orders.confirmation", f"process {queue}", f"send {queue}", "create orders.confirmation"),
        *("mutation", "POST /graphql"),
    ]
    assert {"UPDATE products_product", "create orders.settle"} <= {span.name for span in taker.spans.values()}
    assert taker.named("POST /graphql").parent_span_id.hex() == PARENT
    batch = taker.named("batch Product.id")
    (read,) = (span for span in taker.spans.values() if span.parent_span_id == batch.span_id)
    assert read.name == "SELECT products_product"
    assert "= ANY" in attributes(read)["db.query.text"]


def test_spans_are_told_by_the_semantic_conventions_and_tell_nothing_of_the_person(api: Api, customer: User) -> None:
    taker = placed_and_confirmed(api)
    http, graphql, done = map(taker.named, ("POST /graphql", "mutation", "process orders.confirmation"))
    assert attributes(http) == {
        "http.request.method": "POST",
        "http.response.header.x-request-id": "ordered-0001",
        "http.response.status_code": 200,
        "http.route": "/graphql",
        "url.scheme": "http",
    }
    assert attributes(graphql) == {"graphql.operation.type": "mutation", "graphql.operation.name": "Place"}
    assert attributes(done)["messaging.message.conversation_id"] == "ordered-0001"
    assert api.token
    for secret in (CANARY, customer.email, customer.name, api.token, ADDRESS["line1"], ADDRESS["name"]):
        assert secret.encode() not in taker.raw
