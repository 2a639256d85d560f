"""What the shop tells everybody of itself."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from domains.delivery.countries import COUNTRIES
from tests.api import Api
from tests.factories import DeliveryMethodFactory

pytestmark = pytest.mark.django_db


def codes(api: Api) -> list[str]:
    found: list[str] = api.data("{ shop { countryCodes } }")["shop"]["countryCodes"]
    return found


def test_everybody_reads_the_limits_the_currency_and_the_name_on_the_mails(
    nobody: Api, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.STORE_CURRENCY, settings.DELIVERY_REQUIRED = "JPY", True
    settings.ORDER_MAX_LINES, settings.ORDER_MAX_QUANTITY = 7, 9
    settings.DEFAULT_FROM_EMAIL = "Tea & Pots <orders@tea.example>"
    query = "{ shop { name currencyCode maxOrderLines maxOrderQuantity deliveryRequired } }"
    with django_assert_num_queries(0):
        answer = nobody.data(query)["shop"]
    assert answer == {
        "name": "Tea & Pots",
        "currencyCode": "JPY",
        "maxOrderLines": 7,
        "maxOrderQuantity": 9,
        "deliveryRequired": True,
    }
    settings.DEFAULT_FROM_EMAIL = "orders@tea.example"
    assert nobody.data("{ shop { name } }") == {"shop": {"name": "tea.example"}}


def test_the_countries_are_those_that_active_methods_serve(
    nobody: Api, staff: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert codes(nobody) == []
    for served in (["IE", "GB"], ["GB", "DE"]):
        DeliveryMethodFactory.create(country_codes=served)
    DeliveryMethodFactory.create(active=False)  # of every country
    with django_assert_num_queries(1):
        assert codes(nobody) == ["DE", "GB", "IE"]
    assert codes(staff) == ["DE", "GB", "IE"]
    DeliveryMethodFactory.create()
    assert codes(nobody) == sorted(COUNTRIES)
