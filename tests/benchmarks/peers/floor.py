"""The floor: what no server written in Python can be below. One statement makes the whole answer, as JSON.

A bare ASGI application on psycopg's asynchronous connections. It verifies the token's signature, not the session.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import jwt
import psycopg

CONNECTIONS = 16
KEY = os.environ["JWT_KEYS"].partition("=")[2]
AUDIENCE, ISSUER = "ordergraph-api", "ordergraph"

MONEY = "json_build_object('amount', to_char({0} / 100.0, 'FM999999999990.00'), 'currencyCode', 'GBP')"
PRODUCT = f"""'id', product.id, 'name', product.name, 'sku', product.sku, 'price', {MONEY.format("product.price")}"""
LISTED = f"""json_build_object({PRODUCT}, 'category', json_build_object('name', category.name))"""
CATEGORY = "LEFT JOIN products_category category ON category.id = product.category_id"
ONE = f"""SELECT json_build_object({PRODUCT}, 'slug', product.slug, 'description', product.description,
    'stock', product.stock, 'category', json_build_object('id', category.id, 'name', category.name))::text
    FROM products_product product {CATEGORY} WHERE product.slug = %s AND product.active"""
PAGE = f"""SELECT json_build_object('nodes', json_agg(node) FILTER (WHERE place <= 20),
    'hasNextPage', count(*) > 20, 'hasPreviousPage', false)::text FROM (
    SELECT {LISTED} AS node, row_number() OVER () AS place FROM (
        SELECT * FROM products_product WHERE active {{}} ORDER BY created_at DESC, id DESC LIMIT 21) product
    {CATEGORY}) page"""
PRODUCTS = PAGE.format("")
SEARCH = PAGE.format("AND search @@ (to_tsquery('english', %s) || to_tsquery('simple', %s))")
NUMBER = """to_char(created_at AT TIME ZONE 'UTC', 'YYYY') || '-' ||
    lpad(serial::text, greatest(6, length(serial::text)), '0')"""
LINES = f"""SELECT json_agg(json_build_object('quantity', line.quantity, 'total', {MONEY.format("line.total")},
    'product', json_build_object('name', product.name, 'category', json_build_object('name', category.name)))
    ORDER BY line.position)
    FROM orders_orderline line JOIN products_product product ON product.id = line.product_id {CATEGORY}
    WHERE line.order_id = placed.id"""
ORDERS = f"""SELECT json_agg(json_build_object('id', id, 'number', {NUMBER}, 'total', {MONEY.format("total")},
    'lines', ({LINES})))::text FROM (
    SELECT * FROM orders_order WHERE customer_id = %s ORDER BY created_at DESC, id DESC LIMIT 20) placed"""
BUY = "SELECT bench_create_order(%s, %s::jsonb, %s, %s)::text"

idle: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()


async def connect() -> None:
    for _ in range(CONNECTIONS):
        options: dict[str, Any] = {"autocommit": True, "prepare_threshold": 0}
        idle.put_nowait(await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], **options))


async def fetch(statement: str, *parameters: object) -> bytes:
    connection = await idle.get()
    try:
        cursor = await connection.execute(statement.encode(), parameters)
        row = await cursor.fetchone()
        return str(row[0]).encode() if row else b"null"
    finally:
        idle.put_nowait(connection)


def user_of(scope: dict[str, Any]) -> UUID:
    token = dict(scope["headers"])[b"authorization"].partition(b" ")[2]
    return UUID(jwt.decode(token, KEY, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER)["sub"])


async def answer(scope: dict[str, Any], receive: Any) -> bytes:
    user, path = user_of(scope), scope["path"]
    if path.startswith("/products/"):
        return await fetch(ONE, path.removeprefix("/products/"))
    if path == "/products":
        searched = parse_qs(scope["query_string"].decode()).get("search")
        return await fetch(SEARCH, *[f"{searched[0]}:*"] * 2) if searched else await fetch(PRODUCTS)
    if scope["method"] == "GET":
        return await fetch(ORDERS, user)
    body = json.loads((await receive())["body"])
    return await fetch(BUY, user, json.dumps(body["lines"]), body["method"], body["key"])


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI."""
    if scope["type"] == "lifespan":
        await receive()
        await connect()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    try:
        status, body = 200, await answer(scope, receive)
    except (KeyError, jwt.PyJWTError):
        status, body = 401, b"{}"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
