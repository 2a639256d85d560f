"""A new domain is a folder and a name in DOMAINS: nothing else is edited."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import ROOT, lint_imports, python

FILES = {
    "__init__.py": '"""What buyers think."""',
    "services.py": """
from __future__ import annotations


def stars(*, slug: str) -> int:
    \"\"\"One to five.\"\"\"
    return 1 + len(slug) % 5
""",
    "types.py": """
from __future__ import annotations

import strawberry


@strawberry.type(description="What buyers think of a product.")
class Review:
    stars: int = strawberry.field(description="One to five stars.")
""",
    "queries.py": """
from __future__ import annotations

import strawberry

from domains.reviews import services
from domains.reviews.types import Review


@strawberry.type
class Query:
    @strawberry.field(description="What buyers think of a product.")
    def review(self, slug: str) -> Review:
        return Review(stars=services.stars(slug=slug))
""",
    "urls.py": """
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path


def feed(request: HttpRequest) -> HttpResponse:
    return HttpResponse("reviews")


urlpatterns = [path("reviews/feed", feed)]
""",
}
LOOK = """
import json, django
django.setup()
from django.apps import apps
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
asked = Client().post("/graphql", {"query": '{ review(slug: "mug") { stars } }'}, content_type="application/json")
print(json.dumps([apps.is_installed("domains.reviews"), asked.json(), Client().get("/reviews/feed").content.decode()]))
"""
IGNORED = shutil.ignore_patterns("node_modules", "dist", "__pycache__")

type Checkout = Callable[..., Path]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy of the product with one more domain, listed before the one given."""

    def copy(*, before: str = "", **more: str) -> Path:
        for room in ("backend", "schema", "domains"):
            shutil.copytree(ROOT / room, tmp_path / room, ignore=IGNORED)
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        listed = tmp_path / "domains" / "__init__.py"
        old, new = (f'"{before}"', f'"reviews", "{before}"') if before else ('"orders")', '"orders", "reviews")')
        assert old in listed.read_text()
        listed.write_text(listed.read_text().replace(old, new))
        (tmp_path / "domains" / "reviews").mkdir()
        for name, text in {**FILES, **{f"{key}.py": value for key, value in more.items()}}.items():
            (tmp_path / "domains" / "reviews" / name).write_text(text)
        return tmp_path

    return copy


def test_it_is_installed_answers_queries_has_its_routes_and_is_held_to_the_contracts(checkout: Checkout) -> None:
    folder = checkout()
    done = python("-c", LOOK, folder=folder, environment={"DJANGO_SETTINGS_MODULE": "backend.settings.test"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, {"data": {"review": {"stars": 4}}}, "reviews"]
    linted = lint_imports(folder)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(
    ("contract", "code"),
    [
        ("A domain imports only those before it in DOMAINS", "import domains.orders.models"),
        ("How it runs, how it speaks, what it does", "import schema.negotiation"),
        ("Rules and models know nothing of GraphQL", "import strawberry"),
    ],
)
def test_an_import_in_the_wrong_direction_breaks_a_contract(checkout: Checkout, contract: str, code: str) -> None:
    linted = lint_imports(checkout(before="orders", services=f"{FILES['services.py']}\n{code}\n"))
    assert linted.returncode == 1
    assert f"{contract} BROKEN" in linted.stdout
