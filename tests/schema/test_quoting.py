"""An error says which variable, field and rule; it does not repeat the value, which may be a password."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.wire import body, post

LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
TRICK = "canary; at 'input.email'; Expected value; \"x\" \n' at 'x'"
FIT = "Variable '$input' got an invalid value"


@pytest.mark.parametrize("canary", ["canary", TRICK])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda canary: canary, f"{FIT}; Expected type 'LoginInput' to be a mapping."),
        (
            lambda canary: {"password": canary},
            f"{FIT}; Field 'email' of required type 'String!' was not provided.",
        ),
        (
            lambda canary: {"email": [canary], "password": canary},
            f"{FIT} at 'input.email'; String cannot represent a non string value.",
        ),
    ],
)
def test_a_variable_that_does_not_fit_is_not_repeated(given: Any, told: str, canary: str) -> None:
    (error,) = body(post({"query": LOGIN, "variables": {"input": given(canary)}}))["errors"]
    assert error["message"] == told


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{ product(by: "canary") { id } }', "Expected value of type 'ProductBy!'."),
        ("{ product(by: {slug: canary}) { id } }", "String cannot represent a non string value."),
        ('{ products(first: "canary") { nodes { id } } }', "Int cannot represent non-integer value."),
        ('{ products(sort: {field: "canary"}) { nodes { id } } }', "Enum 'ProductSortField' cannot represent non-"),
        ("{ products(sort: {field: CANARY}) { nodes { id } } }", "This value does not exist in 'ProductSortField'"),
        ('{ me "canary" }', "Syntax Error: Expected Name, found String."),
        ('{ me """canary""" }', "Syntax Error: Expected Name, found BlockString."),
    ],
)
def test_a_literal_that_does_not_fit_is_not_repeated(document: str, told: str) -> None:
    response = post({"query": document})
    assert body(response)["errors"][0]["message"].replace('"', "'").startswith(told)
    assert "canary" not in response.content.decode().lower()


@pytest.mark.parametrize("words", [" cannot represent x", "Value '", "found Strings", "Expected value of type "])
def test_a_long_literal_full_of_words_of_an_error_is_read_once(words: str) -> None:
    """Looking for others behind each of them takes seconds, in which the whole process stands still."""
    document = f'{{ me "{words * (90_000 // len(words))}" }}'
    assert body(post({"query": document}))["errors"][0]["message"] == "Syntax Error: Expected Name, found String."


@pytest.mark.parametrize("words", [" cannot represent ", "Value '", " Did you mean ", " Field of type 'Maybe[\n"])
def test_a_long_key_that_is_no_field_is_cut_and_read_once(words: str) -> None:
    key = words * (900_000 // len(words))
    (error,) = body(post({"query": LOGIN, "variables": {"input": {"email": "a", "password": "b", key: 1}}}))["errors"]
    assert error["message"].startswith(f"{FIT}; Field '{words}")
    assert error["message"].endswith("' is not defined by type 'LoginInput'.")
    assert len(error["message"]) < 1_000
