"""sgqlc: classes generated from the schema, documents built in Python."""

from __future__ import annotations

import os
import uuid

from sgqlc.endpoint.http import HTTPEndpoint
from sgqlc.operation import Operation
from shop_schema import CreateOrderInput, LoginInput, OrderLineInput, ProductFilter, shop_schema

ENDPOINT = os.environ.get("ENDPOINT", "http://127.0.0.1:8000/graphql")


def run(operation: Operation, token: str = "") -> object:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return operation + HTTPEndpoint(ENDPOINT, headers, timeout=30)(operation)


def sign_in(password: str) -> object:
    mutation = Operation(shop_schema.mutation_type)
    login = mutation.login(input=LoginInput(email="customer@example.com", password=password))
    login.__typename__()
    login.__as__(shop_schema.LoginSuccess).tokens.access_token()
    login.__as__(shop_schema.InvalidCredentialsError).__fields__("code", "message")
    return run(mutation).login


assert sign_in("wrong").code == "INVALID_CREDENTIALS"
token = sign_in("demo-Passw0rd!").tokens.access_token

query = Operation(shop_schema.query_type)
query.products(first=1, filter=ProductFilter(in_stock=True)).nodes.id()
product = run(query).products.nodes[0]

mutation = Operation(shop_schema.mutation_type)
lines = [OrderLineInput(product_id=product.id, quantity=1)]
key = str(uuid.uuid4())
result = mutation.create_order(input=CreateOrderInput(lines=lines, payment_method="pm_card_visa", idempotency_key=key))
result.__typename__()
result.__as__(shop_schema.CreateOrderSuccess).order.__fields__("number", "status")
result.__as__(shop_schema.InsufficientStockError).__fields__("code", "message", "available")
order = run(mutation, token).create_order.order
assert order.status == "CONFIRMED"
print("ok   sgqlc:", order.number, order.status)
