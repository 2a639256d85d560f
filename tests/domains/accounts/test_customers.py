"""The list of people that staff search: by the beginnings of names and e-mails, newest first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from domains.accounts.models import User
from domains.common.data.models import new_id
from tests.api import Api
from tests.benchmarks.seeding.rows import copy_in, moment
from tests.factories import StaffFactory, UserFactory
from tests.logs import json_log, lines
from tests.reading import rows_read

pytestmark = pytest.mark.django_db

QUERY = """query ($filter: UserFilter, $first: Int, $after: String) {
    customers(filter: $filter, first: $first, after: $after) {
        nodes { email } totalCount pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
def staff() -> Api:
    return Api(StaffFactory.create(email="boss@shop.example", name="Boss", created_at=moment(0)))


@pytest.fixture
def people() -> None:
    rows = [
        ("anna.smith@example.com", "Anna Smith-Jones"),
        ("j@xn--mller-kva.example", "J\u00f6rg O\u2019Neill"),
        ("smithers@example.com", "Zo\u00eb \u0141ukasz"),
        ("100%_a@example.com", "P\u00e4r"),
    ]
    for number, (email, name) in enumerate(rows, start=1):
        UserFactory.create(email=email, name=name, created_at=moment(number))


def found(api: Api, **filter: Any) -> list[str]:
    answer = api.data(QUERY, {"filter": filter})["customers"]
    emails = [node["email"] for node in answer["nodes"]]
    assert answer["totalCount"] == len(emails)
    return emails


ANNA, JORG, ZOE, PAR = "anna.smith@example.com", "j@xn--mller-kva.example", "smithers@example.com", "100%_a@example.com"


@pytest.mark.parametrize(
    ("search", "emails"),
    [
        ("anna", [ANNA]),
        ("ANNA SM", [ANNA]),
        ("jones anna", [ANNA]),
        ("smith", [ZOE, ANNA]),
        ("mith", []),
        ("anna zoe", []),
        ("jorg", [JORG]),
        ("J\u00d6RG o'n", [JORG]),
        ("zoe luk", [ZOE]),
        ("anna.smith@example.com", [ANNA]),
        (" Anna.Smith@EX", [ANNA]),
        ("smith@example.com", []),
        ("example.com", []),
        ("j@m\u00fcller.example", [JORG]),
        ("j@xn--mller-kva.ex", [JORG]),
        ("j@m\u00fcl", [JORG]),
        ("100%", [PAR]),
        ("1%", []),
        ("100%_A@", [PAR]),
        ("_", []),
        ("  ", []),
        ("\u200b", []),
        ("'", []),
        ("anna & !jones | (", [ANNA]),
        ("anna\\", [ANNA]),
    ],
)
@pytest.mark.usefixtures("people")
def test_people_are_found_by_the_beginnings_of_their_names_and_of_their_email(
    staff: Api, search: str, emails: list[str]
) -> None:
    assert found(staff, search=search) == emails


@pytest.mark.parametrize("search", [None, ""])
@pytest.mark.usefixtures("people")
def test_everybody_is_listed_newest_first_and_those_who_left_too(staff: Api, search: str | None) -> None:
    User.objects.filter(email=ZOE).update(is_active=False)
    assert found(staff, search=search) == [PAR, ZOE, JORG, ANNA, "boss@shop.example"]


@pytest.mark.usefixtures("people")
def test_people_are_chosen_by_their_rights_and_by_when_they_came(staff: Api) -> None:
    assert found(staff, isStaff=True) == ["boss@shop.example"]
    assert found(staff, isStaff=False, createdAfter=moment(2).isoformat(), createdBefore=moment(4).isoformat()) == [ZOE]


@pytest.mark.usefixtures("people")
def test_pages_follow_each_other_and_a_cursor_belongs_to_its_search(staff: Api) -> None:
    one = staff.data(QUERY, {"filter": {"search": "smith"}, "first": 1})["customers"]
    cursor = one["pageInfo"]["endCursor"]
    two = staff.data(QUERY, {"filter": {"search": "smith"}, "first": 1, "after": cursor})["customers"]
    assert [one["nodes"], two["nodes"]] == [[{"email": ZOE}], [{"email": ANNA}]]
    assert not two["pageInfo"]["hasNextPage"]
    assert staff.code(QUERY, {"filter": {"search": "smi"}, "after": cursor}) == "INVALID_CURSOR"


def test_a_new_name_and_a_new_email_are_found_at_once(staff: Api, customer: User) -> None:
    Api(customer).call("updateProfile", "user { id }", name="Grace \u00c5ngstr\u00f6m")
    assert found(staff, search="grace angst") == [customer.email]
    assert found(staff, search="ada") == []


def test_customers_ask_only_for_themselves(customer: User) -> None:
    answer = Api(customer).post("{ customers { nodes { email } } me { email } }")
    assert answer["data"] == {"customers": None, "me": {"email": customer.email}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize("broken", [False, True])
def test_what_is_searched_for_is_in_no_log_and_no_error(staff: Api, broken: bool) -> None:
    """Whether it is found, is too long or holds a NUL, and when the database fails."""
    if broken:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_user RENAME COLUMN email_key TO taken_away")
    with json_log() as log:
        for search in ("canary@example.com", "canary" * 50, "canary\0", "canary' | ("):
            answer = str(staff.post(QUERY, {"filter": {"search": search}}))
            literal = staff.post(QUERY.replace("$filter,", f"{{search: {json.dumps(search)}}},"))
            assert "canary" not in answer + str(literal)
    assert lines(log, "request")
    assert bool(lines(log, "unexpected error")) is broken
    assert "canary" not in log.getvalue()


def test_too_long_a_search_is_refused(staff: Api) -> None:
    assert staff.code(QUERY, {"filter": {"search": "a" * 255}}) == "BAD_USER_INPUT"


def test_people_are_searched_by_an_index(staff: Api) -> None:
    shared = {"password": "!", "pending_email": "", "token_version": 0, "version": 1, "is_active": True}
    copy_in(
        User,
        [
            {
                **shared,
                "id": new_id(),
                "created_at": moment(number),
                "updated_at": moment(number),
                "email": f"person-{number}@example.com",
                "name": f"Given{number % 1000} Family{number}",
                "is_staff": number == 1,
            }
            for number in range(1, 20_001)
        ],
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('user_by_words')")
        cursor.execute("ANALYZE accounts_user")
    for chosen, most in (({}, 30), ({"isStaff": True}, 30), ({"search": "given7 family5007"}, 700)):
        with rows_read() as reading:
            staff.data("query ($f: UserFilter) { customers(filter: $f) { nodes { email } } }", {"f": chosen})
        assert reading.rows <= most, chosen
    with rows_read() as reading:  # more than a page, and none of them among the newest
        staff.data('{ customers(filter: {search: "person-2"}) { nodes { email } } }')
    assert reading.rows <= 1_700
    for search in ("person-17@ex", "family1234"):
        with rows_read() as reading:
            assert found(staff, search=search)
        assert reading.rows <= 1_200, search
