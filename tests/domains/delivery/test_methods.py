"""Delivery methods: who sees which, and how staff keep them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from domains.common.data.models import NO_ID
from domains.delivery import seeds
from domains.delivery.models import DeliveryMethod
from domains.delivery.services import Method, wanted
from tests.api import Api, gid
from tests.domains.common.refusals import broken, refusal
from tests.factories import DeliveryMethodFactory

pytestmark = pytest.mark.django_db

SELECTION = (
    """deliveryMethod { id name description price { amount currencyCode } taxRate countryCodes active version }"""
)


def listed(api: Api, country: str | None = None) -> list[str]:
    query = "query ($country: String) { deliveryMethods(countryCode: $country) { name } }"
    methods: list[dict[str, str]] = api.data(query, {"country": country})["deliveryMethods"]
    return [method["name"] for method in methods]


def updated(api: Api, method: DeliveryMethod, **fields: Any) -> dict[str, Any]:
    fields["methodId"] = gid(method)
    answer: dict[str, Any] = api.call("updateDeliveryMethod", SELECTION, **fields)["deliveryMethod"]
    return answer


def test_methods_come_by_price_then_name_and_inactive_ones_last_and_for_staff_alone(nobody: Api, staff: Api) -> None:
    for name, price, active in (("c", 5, True), ("off", 0, False), ("b", 5, True), ("a", 9, True)):
        DeliveryMethodFactory.create(name=name, price=price, active=active)
    assert (listed(nobody), listed(staff)) == (["b", "c", "a"], ["b", "c", "a", "off"])


def test_a_country_in_any_case_is_served_by_what_names_it_and_by_what_serves_all(nobody: Api) -> None:
    DeliveryMethodFactory.create(name="islands", country_codes=["GB", "IE"])
    DeliveryMethodFactory.create(name="world", price=900)
    assert [listed(nobody, code) for code in ("GB", "ie", "FR", None)] == [
        ["islands", "world"],
        ["islands", "world"],
        ["world"],
        ["islands", "world"],
    ]


@pytest.mark.parametrize("code", ["", "UK", "ZZ", "GBR", "garbage"])
def test_nothing_delivers_to_what_is_no_country(nobody: Api, code: str) -> None:
    DeliveryMethodFactory.create()
    assert listed(nobody, code) == []


def test_the_list_ends_at_a_hundred(staff: Api) -> None:
    DeliveryMethodFactory.create_batch(2, active=False, price=0)
    DeliveryMethodFactory.create_batch(99)
    assert len(listed(staff)) == 100


def test_an_inactive_method_is_a_node_for_staff_alone(nobody: Api, staff: Api) -> None:
    query = "query ($id: ID!) { node(id: $id) { id } }"
    id_ = gid(DeliveryMethodFactory.create(active=False))
    assert nobody.data(query, {"id": id_}) == {"node": None}
    assert staff.data(query, {"id": id_}) == {"node": {"id": id_}}


def test_staff_create_a_method(staff: Api, settings: Settings) -> None:
    settings.STORE_TAX_RATE = Decimal("7.50")
    plain = staff.call("createDeliveryMethod", SELECTION, name=" Van ", price="4")["deliveryMethod"]
    assert plain.pop("id")
    assert plain == {
        "name": "Van",
        "description": "",
        "price": {"amount": "4.00", "currencyCode": "GBP"},
        "taxRate": "7.50",
        "countryCodes": [],
        "active": True,
        "version": 1,
    }
    fields = {"description": "a\nb", "taxRate": "0", "countryCodes": ["gb", "IE", "GB"], "active": False}
    full = staff.call("createDeliveryMethod", SELECTION, name="Post", price="0", **fields)["deliveryMethod"]
    assert [full[name] for name in fields] == ["a\nb", "0.00", ["GB", "IE"], False]


def test_all_that_is_wrong_is_told_at_once(staff: Api) -> None:
    wrong = {"name": " ", "description": "d" * 1_001, "taxRate": "20.001", "countryCodes": ["GB", "UK", ""]}
    assert broken(staff, "createDeliveryMethod", price="1.001", **wrong) == {
        ("input.name", "REQUIRED"),
        ("input.description", "TOO_LONG"),
        ("input.price", "INVALID"),
        ("input.taxRate", "INVALID"),
        ("input.countryCodes.1", "INVALID"),
        ("input.countryCodes.2", "INVALID"),
    }
    for rate, code in (("-0.01", "TOO_SMALL"), ("100.01", "TOO_LARGE")):
        fields = {"name": "n", "price": "1", "taxRate": rate}
        assert broken(staff, "createDeliveryMethod", **fields) == {("input.taxRate", code)}
    assert not DeliveryMethod.objects.exists()


def test_an_update_changes_what_it_names_and_raises_the_version(staff: Api) -> None:
    method = DeliveryMethodFactory.create(name="Van", country_codes=["GB"], tax_rate=Decimal(20))
    same = {"name": "Van", "taxRate": "20.00", "countryCodes": ["GB"], "active": True}
    steps: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"name": "Bike"}, {"name": "Bike"}),
        ({"countryCodes": ["fr", "de"]}, {"countryCodes": ["FR", "DE"]}),
        ({"countryCodes": []}, {"countryCodes": []}),
        ({"taxRate": "0"}, {"taxRate": "0.00"}),
        ({"taxRate": "5.5"}, {"taxRate": "5.50"}),
        ({"taxRate": None}, {"taxRate": "0.00"}),
        ({"active": False}, {"active": False}),
    ]
    for version, (change, shown) in enumerate(steps, start=2):
        same |= shown
        answer = updated(staff, method, **change)
        assert (answer["version"], {name: answer[name] for name in same}) == (version, same)
    method.refresh_from_db()
    assert method.tax_rate is None


def test_nobody_overwrites_what_they_have_not_seen(staff: Api) -> None:
    method = DeliveryMethodFactory.create(name="Van")
    assert updated(staff, method, price="1", expectedVersion=1)["version"] == 2
    fields = {"methodId": gid(method), "name": "Bike", "expectedVersion": 1}
    answer = refusal(staff, "updateDeliveryMethod", "StaleObjectError", "currentVersion", **fields)
    assert (answer["path"], answer["currentVersion"]) == (["input", "expectedVersion"], 2)
    assert updated(staff, method, price="2", expectedVersion=None)["name"] == "Van"


def test_an_update_of_what_is_no_method_is_not_found(staff: Api) -> None:
    answer = refusal(staff, "updateDeliveryMethod", "NotFoundError", methodId="garbage", name="")
    assert answer["path"] == ["input", "methodId"]


def test_orders_are_offered_only_active_methods_that_serve_the_country(settings: Settings) -> None:
    settings.STORE_TAX_RATE = Decimal("7.50")
    here = DeliveryMethodFactory.create(name="Van", country_codes=["GB"])
    everywhere = DeliveryMethodFactory.create(name="Post", price=0, tax_rate=Decimal(0))
    inactive = DeliveryMethodFactory.create(active=False)
    assert wanted(here.id, "gb") == Method(here.id, "Van", 400, Decimal("7.50"))
    assert wanted(everywhere.id, "FR") == Method(everywhere.id, "Post", 0, Decimal("0.00"))
    refused = [(here.id, "FR"), (inactive.id, "GB"), (NO_ID, "GB"), (everywhere.id, "ZZ"), (everywhere.id, "")]
    assert [wanted(*pair) for pair in refused] == [None] * len(refused)


def test_the_demo_methods_are_added_once_and_left_as_they_were_edited() -> None:
    assert seeds.demo() == "3 delivery methods added, 0 were there"
    DeliveryMethod.objects.update(price=1)
    assert seeds.demo() == "0 delivery methods added, 3 were there"
    assert set(DeliveryMethod.objects.values_list("price", flat=True)) == {1}
