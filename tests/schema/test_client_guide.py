"""What the client guide shows is what happens.

| fence | proven |
|---|---|
| ts, python, toml, named json | here: it stands in tests/clients as it is shown; run and type-checked by `.ci/run` |
| graphql | here: every operation is executed and succeeds |
| sh, and the json after it | here: sent to a web process; the answer is the one that is shown |
| console | here: the commands exist, and `.ci/run` runs them, against a `dev` that it started |

The programs run where Node and the packages of others are: `npm test` in tests/clients and its folders.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import get_commands
from graphql import parse, print_ast
from graphql.utilities import separate_operations

from domains.accounts import links
from domains.accounts.models import User
from domains.accounts.tokens import Tokens
from domains.products.models import Product
from tests.api import Api, gid, sign_in
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import PASSWORD, ProductFactory
from tests.processes import ROOT, running
from tests.schema.guide import DOCS, Fence, fences, fits, send
from tests.schema.wire import without_throttle
from tests.sse import wire

FENCES = fences("clients.md", "other-clients.md")
GATE = (ROOT / ".ci/run").read_text().splitlines()
SHELL = [(fence, after) for fence, after in pairwise(FENCES) if fence.language == "sh"]


def of(*languages: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language in languages]


def test_every_snippet_is_of_a_kind_that_is_tried_below() -> None:
    unnamed = [fence for fence in of("ts", "python", "toml") if not fence.file]
    results = {after for fence, after in SHELL}
    loose = [fence for fence in of("json") if not fence.file and fence not in results]
    assert not [*map(str, unnamed), *map(str, loose)]
    assert {fence.language for fence in FENCES} <= {"ts", "python", "toml", "json", "graphql", "sh", "console"}


@pytest.mark.parametrize("fence", [fence for fence in FENCES if fence.file], ids=str)
def test_code_stands_in_the_clients_that_are_run_as_the_page_shows_it(fence: Fence) -> None:
    lines = [line.strip() for line in (ROOT / fence.file).read_text().splitlines()]
    shown = [line.strip() for line in fence.text.splitlines()]
    assert any(lines[at : at + len(shown)] == shown for at in range(len(lines))), f"{fence} is not in {fence.file}"


@pytest.mark.django_db(transaction=True, databases=DATABASES)
@pytest.mark.parametrize("fence", of("graphql"), ids=str)
def test_documents_are_executed_and_succeed(fence: Fence, customer: User) -> None:
    tokens = sign_in(customer)
    given = _variables(customer, ProductFactory.create(), tokens)
    with wire() as server:
        for name, document in separate_operations(parse(fence.text)).items():
            answer = server.post(print_ast(document), given[name], token=tokens.access_token).next()
            assert "errors" not in answer, (name, answer)
            (result,) = answer["data"].values()
            assert result, name
            assert not result.get("problems"), (name, result)
            assert not {"fields", "code"} & result.keys(), (name, result)


def test_the_cheat_sheet_holds_the_ten_operations_of_a_shop() -> None:
    (sheet,) = (fence for fence in FENCES if fence.file.endswith("/shop.graphql"))
    assert len(separate_operations(parse(sheet.text))) == 10
    assert sheet.text == (ROOT / sheet.file).read_text().rstrip()


def _variables(customer: User, product: Product, tokens: Tokens) -> dict[str, Any]:
    """What each operation of the pages is executed with."""
    buy(Api(customer), [(product, 1)])
    placed = the_order()
    credentials = {"email": customer.email, "password": PASSWORD}
    lines = [{"productId": gid(product), "quantity": 1}]
    order = {"lines": lines, "paymentMethod": "pm_card_visa", "idempotencyKey": str(uuid4())}
    return {
        "Catalogue": {"first": 1, "filter": {"inStock": True}, "sort": {"field": "PRICE", "direction": "ASC"}},
        "ProductPage": {"by": {"slug": product.slug}},
        "Register": {"input": {"email": "new@example.com", "password": "Saffron-42-Kettle", "name": "Grace"}},
        "SignIn": {"input": credentials},
        "Refresh": {"input": {"refreshToken": tokens.refresh_token}},
        "Quote": {"input": {"lines": lines}},
        "CreateOrder": {"input": order},
        "MyOrders": {"first": 10},
        "OrderByNumber": {"number": placed.number},
        "OrderUpdated": {"id": gid(placed)},
        "Login": {"input": credentials},
        "PlaceOrder": {"input": order},
        "Shelf": {"first": 1},
        "Search": {"text": "produ"},
    }


MAIL_SOURCES = [path for kind in ("py", "txt", "html") for path in ROOT.glob(f"domains/**/*.{kind}")]


def test_mails_lead_to_pages_that_the_guide_has() -> None:
    sources = "".join(path.read_text() for path in MAIL_SOURCES)
    mailed = set(re.findall(r"(?:FRONTEND_URL\}|\{\{ home \}\})/([\w-]+)", sources))
    mailed |= {purpose.page for purpose in vars(links).values() if isinstance(purpose, links.Purpose)}
    assert "orders" in mailed
    assert mailed <= set(re.findall(r"`/([a-z-]+)(?:/NUMBER)?`", (DOCS / "clients.md").read_text()))


@pytest.mark.parametrize("fence", of("console"), ids=str)
def test_commands_exist(fence: Fence) -> None:
    folder = ROOT
    for line in fence.text.splitlines():
        words = line.split()
        if words[0] == "cd":
            folder = ROOT / words[1]
        elif words[0] == "npm":
            assert words[1] == "ci" or _script(words) in json.loads((folder / "package.json").read_text())["scripts"]
        elif words[0] == "pip":
            assert (ROOT / words[-1]).exists()
        elif words[0] == "python3":
            assert words[1] == "manage.py"
            assert words[2] in get_commands()
        else:
            assert (ROOT / words[0]).exists(), line


@pytest.mark.parametrize("fence", of("console"), ids=str)
def test_commands_are_run_by_the_gate(fence: Fence) -> None:
    folder = ""
    for line in fence.text.splitlines():
        words = line.split()
        if words[0] == "cd":
            folder = words[1].removeprefix("tests/clients")
        elif words[:2] == ["npm", "ci"]:
            assert f'fresh "$clients{folder}"' in GATE
        elif words[0] == "npm":
            assert any(f'cd "$clients{folder}" ' in step and " ".join(words[:-2] or words) in step for step in GATE), (
                line
            )
        else:
            what = " ".join(words[:4]) if words[0] == "python3" else words[-1].removeprefix("tests/clients")
            assert any(what in step for step in GATE), line


def _script(words: list[str]) -> str:
    return words[2] if words[1] == "run" else words[1]


def test_links_lead_somewhere() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", (DOCS / "clients.md").read_text()):
        assert (DOCS / name).exists(), name


@pytest.mark.django_db(transaction=True, databases=DATABASES)
def test_requests_are_answered_as_the_page_says(api: Api, customer: User, tmp_path: Path) -> None:
    buy(api, [(ProductFactory.create(name="Beech Rolling Pin", price=950), 1)])
    known = {"TOKEN": api.token or "", "ORDER_ID": gid(the_order())}
    with running(tmp_path / "mails", "web") as stack:
        for fence, after in SHELL:
            answer = send(fence.text, stack.url, known)
            if after.language == "json":
                assert fits(json.loads(after.text), without_throttle(answer)), (str(fence), answer)
            else:
                assert "errors" not in answer, (str(fence), answer)
