"""Reading the failures that mutations answer."""

from __future__ import annotations

from typing import Any

from tests.api import Api


def refusal(api: Api, mutation: str, kind: str, selection: str = "", /, **fields: Any) -> dict[str, Any]:
    """The failure that a mutation ends in; it must be of this kind."""
    name = f"{mutation[0].upper()}{mutation[1:]}"
    query = f"""mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename
        ... on {kind} {{ code message path {selection} }} }} }}"""
    answer: dict[str, Any] = api.data(query, {"input": fields})[mutation]
    assert answer.pop("__typename") == kind, answer
    return answer


def problems(api: Api, mutation: str, /, **fields: Any) -> set[str]:
    """Where the input breaks rules, such as `input.name`."""
    return {path for path, _ in broken(api, mutation, **fields)}


def broken(api: Api, mutation: str, /, **fields: Any) -> set[tuple[str, str]]:
    """Where the input breaks which rules, such as `input.name`, TOO_LONG."""
    answer = refusal(api, mutation, "ValidationError", "fields { path code message }", **fields)
    assert answer["code"] == "VALIDATION_FAILED"
    assert answer["path"] == answer["fields"][0]["path"]
    assert all(field["message"] for field in answer["fields"])
    return {(".".join(field["path"]), field["code"]) for field in answer["fields"]}
