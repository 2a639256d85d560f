"""What the requests of a run are made of: people with tokens and passwords, products to buy, words to search.

`python -m tests.benchmarks.bench.facts`, in the settings of the servers, makes them and prints them as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import django

VARIANTS = 50
LINES = 2
PASSWORD = "correct-Horse-battery-1"
STOCK = 1_000_000  # of what is bought: never sold out


def main() -> None:
    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.db.models import Count

    from domains.accounts.models import User
    from domains.accounts.services.signing_in import open_session
    from domains.products.models import Product
    from tests.benchmarks.seeding.catalogue import _WORDS as WORDS

    bought = list(Product.objects.order_by("sku")[100 : 100 + VARIANTS * LINES])
    Product.objects.filter(id__in=[product.id for product in bought]).update(stock=STOCK)
    many = User.objects.annotate(count=Count("orders")).filter(count__gte=20).order_by("email")
    people = list(many[: 2 * VARIANTS])
    assert len(people) == 2 * VARIANTS, "fewer people with 20 orders than there should be: seed more orders"
    guests = people[:VARIANTS]
    User.objects.filter(id__in=[user.id for user in guests]).update(password=make_password(PASSWORD))
    tokens = [open_session(user=user).access_token for user in people]
    readers, buyers = tokens[:VARIANTS], tokens[VARIANTS:]
    slugs = Product.objects.order_by("sku").values_list("slug", flat=True)[:VARIANTS]
    variants: dict[str, list[dict[str, Any]]] = {
        "Q1": [{"token": token, "slug": slug} for token, slug in zip(readers, slugs, strict=True)],
        "Q2": [{"token": token} for token in readers],
        "Q3": [{"token": token} for token in readers],
        "Q4": [{"token": token, "search": WORDS[i % len(WORDS)]} for i, token in enumerate(readers)],
        "M1": [_purchase(token, bought[LINES * i : LINES * (i + 1)]) for i, token in enumerate(buyers)],
        "sign-in": [{"email": user.email, "password": PASSWORD} for user in guests],
    }
    json.dump(variants, sys.stdout)


def _purchase(token: str, products: Sequence[Any]) -> dict[str, Any]:
    """For a document that takes our input, and for a peer that takes keys."""
    from domains.common.graphql.ids import to_global_id

    ours = [{"productId": to_global_id("Product", product.id), "quantity": 2} for product in products]
    plain = [{"product": str(product.id), "quantity": 2} for product in products]
    return {
        "token": token,
        "input": {"lines": ours, "paymentMethod": "pm_card_visa", "idempotencyKey": ""},
        "lines": plain,
        "method": "pm_card_visa",
    }


if __name__ == "__main__":
    main()
