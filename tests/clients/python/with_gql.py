"""gql: documents as strings, answers as dictionaries."""

from __future__ import annotations

import os
import uuid

from gql import Client, gql
from gql.transport.httpx import HTTPXTransport

ENDPOINT = os.environ.get("ENDPOINT", "http://127.0.0.1:8000/graphql")
LOGIN = gql("""mutation ($input: LoginInput!) {
    login(input: $input) { ... on LoginSuccess { tokens { accessToken } } ... on UserError { code message } } }""")
SHELF = gql("{ products(first: 1, filter: {inStock: true}) { nodes { id name } } }")
ORDER = gql("""mutation ($input: CreateOrderInput!) { createOrder(input: $input) {
    ... on CreateOrderSuccess { order { number status } } ... on UserError { message } } }""")


def client(**headers: str) -> Client:
    return Client(transport=HTTPXTransport(url=ENDPOINT, headers=headers, timeout=30))


LOGIN.variable_values = {"input": {"email": "customer@example.com", "password": "wrong"}}
assert client().execute(LOGIN)["login"]["code"] == "INVALID_CREDENTIALS"
LOGIN.variable_values = {"input": {"email": "customer@example.com", "password": "demo-Passw0rd!"}}
login = client().execute(LOGIN)["login"]
customer = client(authorization=f"Bearer {login['tokens']['accessToken']}")
(product,) = customer.execute(SHELF)["products"]["nodes"]
ORDER.variable_values = {
    "input": {
        "lines": [{"productId": product["id"], "quantity": 1}],
        "paymentMethod": "pm_card_visa",
        "idempotencyKey": str(uuid.uuid4()),
    }
}
order = customer.execute(ORDER)["createOrder"]["order"]
assert order["status"] == "CONFIRMED"
print("ok   gql:", order["number"], order["status"])
