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
