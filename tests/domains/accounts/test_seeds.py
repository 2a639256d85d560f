"""Made-up people."""

from __future__ import annotations

import pytest

from domains.accounts import seeds
from domains.accounts.models import User
from tests.api import Api

pytestmark = pytest.mark.django_db


def test_the_demo_people_sign_in_with_the_password_that_is_told(nobody: Api) -> None:
    assert seeds.DEMO_PASSWORD in seeds.demo()
    seeds.demo()
    assert User.objects.count() == 3
    for email, (name, is_staff) in seeds.DEMO_PEOPLE.items():
        answer = nobody.call("login", "user { name isStaff }", email=email, password=seeds.DEMO_PASSWORD)
        assert answer["user"] == {"name": name, "isStaff": is_staff}


def test_the_people_of_a_benchmark_are_the_same_each_time_and_cannot_sign_in(nobody: Api) -> None:
    assert seeds.bench(products=0, orders=0) == "1000 customers"
    people = set(User.objects.values_list("id", "email"))
    seeds.bench(products=0, orders=0)
    assert set(User.objects.values_list("id", "email")) == people
    answer = nobody.call("login", "user { name }", email="bench-0@example.com", password="!unusable")
    assert answer["__typename"] == "InvalidCredentialsError"
