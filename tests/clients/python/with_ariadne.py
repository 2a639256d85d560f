"""ariadne-codegen: a method for each operation of operations.graphql, answers as pydantic models."""

from __future__ import annotations

import os
import uuid

from shop_client import Client, CreateOrderInput, LoginInput, OrderLineInput, OrderStatus
from shop_client.login import LoginLoginInvalidCredentialsError, LoginLoginLoginSuccess
from shop_client.place_order import PlaceOrderCreateOrderCreateOrderSuccess

ENDPOINT = os.environ.get("ENDPOINT", "http://127.0.0.1:8000/graphql")

with Client(ENDPOINT) as nobody:
    wrong = nobody.login(LoginInput(email="customer@example.com", password="wrong")).login
    assert isinstance(wrong, LoginLoginInvalidCredentialsError)
    login = nobody.login(LoginInput(email="customer@example.com", password="demo-Passw0rd!")).login
    assert isinstance(login, LoginLoginLoginSuccess)
with Client(ENDPOINT, headers={"Authorization": f"Bearer {login.tokens.access_token}"}) as client:
    product = client.shelf(first=1).products.nodes[0]
    line = OrderLineInput(productId=product.id, quantity=1)
    order_input = CreateOrderInput(lines=[line], paymentMethod="pm_card_visa", idempotencyKey=uuid.uuid4())
    result = client.place_order(order_input).create_order
assert isinstance(result, PlaceOrderCreateOrderCreateOrderSuccess)
assert result.order.status == OrderStatus.CONFIRMED
print("ok   ariadne-codegen:", result.order.number, result.order.status.value)
