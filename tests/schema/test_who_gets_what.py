"""What each root answers to nobody, to another customer, to the customer whose things are asked for, and to staff."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from graphql import get_named_type

from domains.accounts.models import User
from schema.merge import core
from tests.api import Api, gid, sign_in
from tests.domains.accounts.strangers import new_email
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory, StaffFactory, UserFactory
from tests.schema.access import roots
from tests.schema.tables import NO_STAFF, NOBODY, Table, table, things
from tests.sse import wire

ROOTS = roots(core)
TABLE: Table = {
    "node": ("id: $user", ("null", "null", "User", "User")),
    "nodes": ("ids: [$order]", ("nothing", "nothing", "Order", "Order")),
    **table(),
}


def test_the_table_has_every_root() -> None:
    assert set(TABLE) == set(ROOTS)


@pytest.mark.parametrize("name", TABLE)
def test_a_description_names_the_errors_of_those_who_may_not(name: str) -> None:
    told = ROOTS[name].description or ""
    assert {code for code in (NOBODY, NO_STAFF) if code not in told} & set(TABLE[name][1]) == set()


@pytest.mark.django_db(transaction=True, databases=DATABASES)
def test_every_root_answers_each_person_as_it_should() -> None:
    readers = people()  # who only reads leaves all as it was for the next one
    answers = {
        root: answers_of(root, arguments, *(people() if operation(root) == "mutation" else readers))
        for root, (arguments, _) in TABLE.items()
    }
    assert answers == {root: expected for root, (_, expected) in TABLE.items()}


def people() -> tuple[list[str | None], dict[str, str]]:
    """The tokens of the four, and the things of the third."""
    customer = UserFactory.create()
    made = things(customer)
    return [Api(person).token for person in (None, UserFactory.create(), customer, StaffFactory.create())], made


def answers_of(root: str, arguments: str, tokens: list[str | None], made: dict[str, str]) -> tuple[str, ...]:
    return tuple(told(root, document(root, arguments, made), token) for token in tokens)


def document(root: str, arguments: str, made: dict[str, str]) -> str:
    for name, value in {**made, "text": "Kettle", "free": new_email(), "key": str(uuid4())}.items():
        arguments = arguments.replace(f"${name}", json.dumps(value))
    kind = operation(root)
    if kind == "mutation" and arguments:
        arguments = f"input: {{{arguments}}}"
    connection = "nodes" in getattr(get_named_type(ROOTS[root].type), "fields", {})
    selection = "{ nodes { __typename } }" if connection else "{ __typename }"
    return f"{kind} {{ {root}{f'({arguments})' if arguments else ''} {selection} }}"


def operation(root: str) -> str:
    kinds = {"query": core.query_type, "mutation": core.mutation_type, "subscription": core.subscription_type}
    return next(name for name, kind in kinds.items() if kind and root in kind.fields)


def told(root: str, document: str, token: str | None) -> str:
    """The code of the error, the name of the type, or "nothing"."""
    answer = first_event(document, token) if operation(root) == "subscription" else Api(token=token).post(document)
    if not answer:
        return "nothing"
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    return name_of(answer["data"][root])


def first_event(document: str, token: str | None) -> dict[str, Any]:
    with wire() as server:
        stream = server.post(document, token=token)
        kind, data = stream.event()
        stream.leave()
    return json.loads(data) if kind == "next" else {}


def name_of(value: Any) -> str:
    if value is None:
        return "null"
    found = value.get("nodes", value) if isinstance(value, dict) else value
    if isinstance(found, list):
        return next((str(item["__typename"]) for item in found if item), "nothing")
    return str(found["__typename"])


@pytest.mark.django_db
def test_staff_see_people_but_not_their_sessions(customer: User, staff: Api) -> None:
    sign_in(customer)
    query = "query ($id: ID!) { node(id: $id) { ... on User { email sessions { id } } } }"
    assert staff.data(query, {"id": gid(customer)}) == {"node": {"email": customer.email, "sessions": []}}


@pytest.mark.django_db(transaction=True, databases=DATABASES)
def test_staff_see_payments_but_no_client_secret(customer: User, staff: Api) -> None:
    query = "query ($id: ID!) { order(id: $id) { payment { clientSecret } } }"
    buy(Api(customer), [(ProductFactory.create(), 1)], method="pm_card_authenticationRequired")
    id_ = gid(the_order())
    assert Api(customer).data(query, {"id": id_})["order"]["payment"]["clientSecret"]
    assert staff.data(query, {"id": id_}) == {"order": {"payment": {"clientSecret": None}}}
