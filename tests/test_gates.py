"""What the whole code base is held to."""

from __future__ import annotations

import ast
import os

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Field, ForeignObject, Model

from domains import DOMAINS
from tests.commands import ROOT, lint_imports, python

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "backend.settings.production",
    "DEBUG": "",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "JWT_KEYS": "a=zyxwvutsrqponmlkjihgfedcba9876543210-ZYXWVUTSRQPONMLKJIHGFEDCBA",
    "ALLOWED_HOSTS": "shop.example.com",
    "PAYMENT_GATEWAY": "sandbox",
    "FRONTEND_URL": "https://shop.example.com",
}
MODELS = [model for model in apps.get_models() if model.__module__.startswith("domains.")]
OURS = [*MODELS, *apps.get_app_config("schema").get_models()]


def domain_of(model: type[Model]) -> str:
    return model.__module__.split(".")[1]


def test_rooms_and_domains_import_in_one_direction() -> None:
    done = lint_imports()
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_djangos_deployment_checks_have_nothing_to_say_about_production() -> None:
    urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    done = python("-m", "django", "check", "--deploy", "--fail-level", "WARNING", environment={**PRODUCTION, **urls})
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_row_tells_when_it_was_made_and_changed(model: type[Model]) -> None:
    names = {field.name for field in model._meta.get_fields()}
    assert {"created_at", "updated_at"} <= names


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_rows_point_only_to_rows_of_their_domain_or_an_earlier_one(model: type[Model]) -> None:
    allowed = DOMAINS[: DOMAINS.index(domain_of(model)) + 1]
    relations = [field for field in model._meta.get_fields() if isinstance(field, Field | ForeignObject)]
    targets = [field.related_model for field in relations if isinstance(field.related_model, type)]
    assert [target for target in targets if domain_of(target) not in allowed] == []


def test_nothing_prints_but_the_development_commands() -> None:
    files = [f for room in ("backend", "schema", "domains") for f in (ROOT / room).rglob("*.py")]
    checked = [f for f in files if "node_modules" not in f.parts and not f.is_relative_to(ROOT / "backend" / "dev")]
    calls = [(f, node) for f in checked for node in ast.walk(ast.parse(f.read_text())) if isinstance(node, ast.Call)]
    assert [f.name for f, node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"] == []
