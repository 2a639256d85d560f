"""A GraphQL client for tests, in process."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.test import Client

from domains.accounts.models import Session, User
from domains.accounts.services import open_session
from domains.accounts.tokens import Tokens
from domains.common.data.models import BaseModel
from domains.common.graphql.ids import to_global_id


def sign_in(user: User) -> Tokens:
    """A session without the password."""
    tokens = open_session(user=user, user_agent="test client")
    Session.objects.filter(user=user, ip_address=None).update(ip_address="127.0.0.1")
    return tokens


def gid(row: BaseModel) -> str:
    """The row's global id."""
    return str(to_global_id(type(row).__name__, row.id))


class Api:
    """Speaks as nobody, or as the person given, from an address."""

    def __init__(self, user: User | None = None, *, token: str | None = None, address: str = "127.0.0.1") -> None:
        self._client = Client(REMOTE_ADDR=address)
        self.token = sign_in(user).access_token if user else token

    def post(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The whole answer."""
        answer: dict[str, Any] = self.respond(query, variables, **headers).json()
        return answer

    def respond(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> Any:
        """The answer with its headers."""
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        body = {"query": query, "variables": variables}
        return self._client.post("/graphql", body, content_type="application/json", headers=headers)

    def data(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = self.post(query, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def code(self, query: str, variables: dict[str, Any] | None = None) -> str:
        """`extensions.code` of the first error."""
        code: str = self.post(query, variables)["errors"][0]["extensions"]["code"]
        return code

    def call(self, mutation: str, selection: str, **fields: Any) -> dict[str, Any]:
        """What a mutation answers: `selection` is what to read of its success."""
        name = f"{mutation[0].upper()}{mutation[1:]}"
        query = f"""mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename
            ... on {name}Success {{ {selection} }} ... on UserError {{ code message path }} }} }}"""
        result: dict[str, Any] = self.data(query, {"input": _plain(fields)})[mutation]
        return result


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, UUID) else value
