"""Web processes, workers and relay are replaced under load, behind nginx as we recommend it, and no client notices.

Full size, which takes five minutes: ORDERGRAPH_FULL=1 .ci/operations/run -s -k rolling
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from harness import PEOPLE, Shop, Web
from load import Follower, Load, create_order, mixed, mutation
from proxy import Nginx

from backend.dev.processes import Children
from tests.processes import PATIENCE, wait_until

logger = logging.getLogger(__name__)
FULL = bool(os.environ.get("ORDERGRAPH_FULL"))
ROLLS, RATE, STREAMS = (5, 100, 50) if FULL else (1, 25, 8)
DRAIN_SECONDS = "8" if FULL else "6"
CANCEL = "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }"
OPEN = "SELECT count(*) FROM common_outboxmessage WHERE done_at IS NULL AND due_at < now()"


def web_of(shop: Shop, port: int | None = None) -> Web:
    """As behind nginx in production."""
    return shop.web(port=port, SECURE_SSL_REDIRECT="True", TRUST_PROXY="True", WEB_DRAIN_SECONDS=DRAIN_SECONDS)


def replace(shop: Shop, web: Web, *, meanwhile: Callable[[], None]) -> Web:
    """What a deployment does with a web container; `meanwhile` is done when the old one has ended."""
    shop.stop(web.child)
    meanwhile()
    return web_of(shop, web.port)


def cancel(url: str, followers: Sequence[Follower]) -> None:
    """The orders that they follow."""
    for each in followers:
        mutation("cancelOrder", each.request.token, CANCEL, orderId=each.order_id).send(url)


def test_rolling_under_load_fails_no_request_and_loses_no_stream(shop: Shop, children: Children, folder: Path) -> None:
    webs = [web_of(shop) for _ in range(2)]
    made = shop.prepare(PEOPLE, people=STREAMS, products=STREAMS)
    people, product = made["people"], made["products"][0]
    nginx = Nginx(folder, children, [web.port for web in webs])
    worker, relay = shop.worker(), shop.relay()
    placed = [create_order(person, product).send(nginx.url)["createOrder"]["order"]["id"] for person in people]
    followers = [Follower(people[at], placed[at], by_get=at % 2 == 0) for at in range(STREAMS)]
    with Load(nginx.url, mixed(people, made["products"]), rate=RATE, followers=followers) as load:
        for number in range(2 * ROLLS):
            some = followers[number :: 2 * ROLLS]  # whose orders change while nobody hears it
            webs[number % 2] = replace(shop, webs[number % 2], meanwhile=partial(cancel, nginx.url, some))
            shop.stop(worker)
            shop.stop(relay)
            worker, relay = shop.worker(), shop.relay()
        wait_until(lambda: all(each.heard["status"] == "CANCELLED" for each in followers), what="all is heard")
    logger.info("%s", load.report)
    assert load.report.failures == {}, f"{load.report}\n{nginx.log()[-2_000:]}"
    assert load.report.ended.keys() == {"in order"}, load.report
    wait_until(lambda: shop.rows(OPEN) == [(0,)], what="all work is done", seconds=300 if FULL else PATIENCE)
    shop.manage("check_invariants")
