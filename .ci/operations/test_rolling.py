"""Web processes, workers and relay are replaced under load, behind nginx as we recommend it, and no client notices.

Full size, which takes five minutes: ORDERGRAPH_FULL=1 .ci/operations/run -s -k rolling
"""

from __future__ import annotations

import logging
import os
from http import HTTPStatus
from pathlib import Path

import pytest
from harness import PEOPLE, Shop, Web
from load import Follower, Load, create_order, mixed, mutation
from proxy import Nginx

from backend.dev.processes import Children
from tests.processes import wait_until

logger = logging.getLogger(__name__)
FULL = bool(os.environ.get("ORDERGRAPH_FULL"))
ROLLS, RATE, STREAMS = (5, 100, 50) if FULL else (1, 25, 8)
HTTPS = {"SECURE_SSL_REDIRECT": "True", "TRUST_PROXY": "True", "WEB_DRAIN_SECONDS": "8" if FULL else "6"}
CANCEL = "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }"
OPEN = "SELECT count(*) FROM common_outboxmessage WHERE done_at IS NULL AND due_at < now()"


@pytest.fixture
def webs(shop: Shop) -> list[Web]:
    return [shop.web(**HTTPS) for _ in range(2)]


def test_rolling_under_load_fails_no_request_and_loses_no_stream(
    shop: Shop, webs: list[Web], children: Children, folder: Path
) -> None:
    made = shop.prepare(PEOPLE, people=STREAMS, products=5)
    people, product = made["people"], made["products"][0]
    nginx = Nginx(folder, children, [web.port for web in webs])
    worker, relay = shop.worker(), shop.relay()
    placed = [create_order(person, product).send(nginx.url)["createOrder"]["order"]["id"] for person in people]
    followers = [Follower(people[at], placed[at], by_get=at % 2 == 0) for at in range(STREAMS)]
    with Load(nginx.url, mixed(people, made["products"]), rate=RATE, followers=followers) as load:
        for replaced in range(2 * ROLLS):
            at = replaced % 2
            webs[at].child.process.terminate()
            wait_until(lambda web=webs[at]: web.status("/readyz") == HTTPStatus.SERVICE_UNAVAILABLE, what="it drains")
            shop.gone(webs[at].child)
            for person, order in list(zip(people, placed, strict=True))[replaced :: 2 * ROLLS]:  # while nobody hears it
                mutation("cancelOrder", person, CANCEL, orderId=order).send(nginx.url)
            webs[at] = shop.web(port=webs[at].port, **HTTPS)
            shop.stop(worker)
            shop.stop(relay)
            worker, relay = shop.worker(), shop.relay()
        wait_until(lambda: all(each.heard["status"] == "CANCELLED" for each in followers), what="all is heard")
    logger.info("%s", load.report)
    assert load.report.failures == {}, f"{load.report}\n{nginx.log()}"
    assert load.report.ended.keys() == {"in order"}, load.report
    wait_until(lambda: shop.rows(OPEN) == [(0,)], what="all work is done")
    shop.manage("check_invariants")
