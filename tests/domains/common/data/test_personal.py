"""Every column of text has been decided about: it is erased with the person, or says nothing of people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from domains import modules
from domains.common.data import personal
from domains.common.data.folding import with_folded

TEXTS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.GenericIPAddressField,
    models.BinaryField,
    ArrayField,
    SearchVectorField,
)
IMPERSONAL = {model: columns for module in modules("personal") for model, columns in module.IMPERSONAL.items()}
MODELS = [model for model in apps.get_models() if model.__module__.startswith("domains.") and not model._meta.proxy]


def columns(model: type[models.Model]) -> Iterator[str]:
    """Those that may hold what somebody wrote; not those with a few values of ours."""
    for field in model._meta.concrete_fields:
        kind: Any = getattr(field, "output_field", field)
        if isinstance(kind, TEXTS) and not field.choices:
            yield field.name


def erased(model: type[models.Model]) -> set[str]:
    """What an erasure replaces, or deletes with its row."""
    replaced = [holding.erased for holding in personal.holdings() if holding.model is model]
    return (
        {*columns(model)} if None in replaced else with_folded(model, {name for one in replaced for name in one or ()})
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_column_of_text_is_said_to_be_personal_or_not(model: type[models.Model]) -> None:
    """In `personal.py` of the model's domain: in a Holding, or in IMPERSONAL."""
    undecided = {*columns(model)} - erased(model) - {*IMPERSONAL.get(model, ())}
    assert undecided == set()


def test_what_is_said_to_be_impersonal_is_there() -> None:
    named = {(model, name) for model, names in IMPERSONAL.items() for name in names}
    assert named - {(model, name) for model in MODELS for name in columns(model)} == set()


def test_the_lists_of_an_export_have_names_of_their_own() -> None:
    assert len({*personal.names()}) == len(personal.names())
