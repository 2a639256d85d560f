"""The page that stands in for a bank's."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.api import Api
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory

PAGE = "/sandbox/payments"


@pytest.mark.django_db(transaction=True, databases=DATABASES)
@pytest.mark.parametrize(
    ("return_url", "status"),
    [("/orders/1", 302), ("https://evil.example/", 200), ("//evil.example/", 200), ("javascript:alert(1)", 200)],
)
def test_who_has_decided_is_sent_back_to_the_shop_and_nowhere_else(api: Api, return_url: str, status: int) -> None:
    buy(api, [(ProductFactory.create(stock=1), 1)], "pm_card_authenticationRequired")
    given = {"client_secret": the_order().payment.client_secret, "return_url": return_url}
    form = Client().get(PAGE, given).content.decode()
    assert f'value="{given["client_secret"]}"' in form
    assert (f'value="{return_url}"' in form) == (status == 302)
    decided = Client().post(PAGE, {**given, "decision": "complete"})
    assert (decided.status_code, decided.get("Location")) == (status, return_url if status == 302 else None)
