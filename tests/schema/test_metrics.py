"""Clients may name their operations as they like, and any number of them: metrics have few names."""

from __future__ import annotations

import pytest
from graphql import get_operation_ast

from schema import documents, metrics

PRODUCTS = "products(first: 1) { nodes { id } }"


@pytest.mark.parametrize(
    ("query", "trusted", "label"),
    [
        (f"query Shelf {{ {PRODUCTS} }}", True, "Shelf"),
        (f"query Whatever {{ {PRODUCTS} }}", False, "query.products"),
        (f"{{ {PRODUCTS} }}", True, "query.products"),
        (f"{{ {PRODUCTS} more: {PRODUCTS} }}", False, "query.products"),
        (f"query Two {{ {PRODUCTS} shop {{ name }} }}", False, "query.several"),
        ("mutation Out { logout { __typename } }", False, "mutation.logout"),
    ],
)
def test_only_trusted_documents_bring_names_of_their_own(query: str, trusted: bool, label: str) -> None:
    document = documents.read(query, introspection=True)
    assert document.node is not None, document.errors
    operation = get_operation_ast(document.node)
    assert operation is not None
    assert [document.label(operation, trusted=trusted) for _ in range(2)] == [label, label]


def test_a_manifest_of_any_size_brings_a_bounded_number_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_names", set())
    known = [number for number in range(1_000) if metrics.is_known(f"Operation{number}")]
    assert known == list(range(metrics.MOST_NAMES))
