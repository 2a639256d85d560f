"""Promise: a payment provider or a mail server that hangs stops nobody who does not need it."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from domains.accounts.services import mailing
from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.viewer import Viewer
from domains.orders.errors import PaymentPendingError
from domains.orders.models import Order
from domains.orders.services import CartLine, create_order
from domains.payments.models import SandboxIntent
from domains.products.models import Product
from tests.domains.orders.shop import DATABASES
from tests.factories import PASSWORD, ProductFactory, UserFactory
from tests.processes import running, wait_until
from tests.promises.figures import figures, size
from tests.promises.shoppers import Shopper, crowd, outcomes, post

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

CALLS, REPEATS, MAILS = size(6, 40), size(6, 32), size(20, 60)
THREADS = size(4, 16)  # of the web server; half of them may wait for the provider
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
PAGE = "{ products(first: 1) { nodes { id } } }"
REFUSED = {"__typename": "SERVICE_UNAVAILABLE"}


def buy(shopper: Shopper, product: Product, key: UUID) -> dict[str, str]:
    """createOrder's result; REFUSED when there is none."""
    try:
        return shopper.buy(product, method="pm_sandbox_timeout", key=key)
    except AssertionError:
        return REFUSED
    except OSError:  # the server was ended
        return {}


def page(url: str, token: str) -> float:
    """How long the smallest page takes, in milliseconds: the middle of twenty."""
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        assert len(post(url, token, PAGE, {})["data"]["products"]["nodes"]) == 1
        seconds.append(time.perf_counter() - began)
    return median(seconds) * 1_000


@pytest.mark.parametrize("how", ["calls", "repeats"])
def test_while_the_provider_hangs_all_others_are_answered(how: str, tmp_path: Path) -> None:
    product, person, key = ProductFactory.create(stock=CALLS), UserFactory.create(), uuid4()
    with (
        ThreadPoolExecutor(CALLS + REPEATS) as pool,
        running(tmp_path / "mails", "web", WEB_THREADS=str(THREADS), PAYMENT_GATEWAY_TIMEOUT="60") as stack,
    ):
        other, *shoppers = crowd(stack.url, CALLS + 1)
        idle = page(stack.url, other.token)
        wishes = [(other, key)] * REPEATS if how == "repeats" else [(shopper, uuid4()) for shopper in shoppers]
        calls = [pool.submit(buy, shopper, product, key) for shopper, key in wishes]
        at_provider = SandboxIntent.objects.filter(status="processing")
        wait_until(lambda: sum(call.done() for call in calls) >= len(calls) - THREADS // 2, what="the others are told")
        busy = page(stack.url, other.token)
        signed_in = post(stack.url, other.token, LOGIN, {"input": {"email": person.email, "password": PASSWORD}})
        assert signed_in["data"]["login"]["__typename"] == "LoginSuccess"
        told = [call.result() for call in calls if call.done()]
        assert len(told) == len(calls) - THREADS // 2  # all others still hang
        if how == "repeats":
            assert outcomes(told) == {"PaymentPendingError": REPEATS - THREADS // 2}
            assert Order.objects.count() == at_provider.count() == 1
        else:
            assert outcomes(told) == {"SERVICE_UNAVAILABLE": CALLS - THREADS // 2}
            assert Order.objects.count() == at_provider.count() == THREADS // 2
    figures(f"slow_neighbours: {how}", requests=len(calls), hanging=THREADS // 2, idle_ms=idle, meanwhile_ms=busy)


def test_a_mail_server_that_hangs_keeps_no_order_waiting(tmp_path: Path, settings: Settings) -> None:
    product, customer = ProductFactory.create(stock=1), UserFactory.create()
    with socket.create_server(("127.0.0.1", 0), backlog=MAILS) as silent:
        mail = {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(silent.getsockname()[1]),
            "REDIS_PREFIX": f"{settings.REDIS_PREFIX}{uuid4().hex}:",  # without what other stacks left behind
        }
        for _ in range(MAILS):
            outbox.enqueue(mailing.PASSWORD_RESET, key=customer.id)
        with running(tmp_path / "mails", "relay", "money", "mail", **mail):
            silent.settimeout(60)
            first, _ = silent.accept()
            line = CartLine(product.id, 1)
            began = time.monotonic()
            settings.PAYMENT_GATEWAY_TIMEOUT = 1.0
            with pytest.raises(PaymentPendingError):
                create_order(
                    viewer=Viewer(user_id=customer.id), lines=[line], payment_method="pm_sandbox_timeout", key=uuid4()
                )
            wait_until(lambda: Order.objects.get().status == "CONFIRMED", what="it is decided", seconds=30)
            figures("slow_neighbours: mail", mails=MAILS, decided_s=time.monotonic() - began)
            first.close()
        assert not OutboxMessage.objects.filter(topic=mailing.PASSWORD_RESET, done_at__isnull=False).exists()
