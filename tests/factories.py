"""Rows for tests."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, partial
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from domains.accounts.models import Session, User
from domains.delivery.models import DeliveryMethod
from domains.products.models import Category, Product, StockMovement

PASSWORD = "correct horse battery"
_hashed = cache(partial(make_password, PASSWORD))  # once: hashing is slow on purpose


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person-{n}@example.com")
    name = "Ada Person"
    password = factory.LazyFunction(_hashed)

    class Params:
        proven = factory.Trait(email_verified_at=factory.LazyFunction(timezone.now))  # gets any number of mails


class StaffFactory(UserFactory):
    is_staff = True


class SessionFactory(DjangoModelFactory[Session]):
    class Meta:
        model = Session

    user = factory.SubFactory(UserFactory)
    last_used_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")


class ProductFactory(DjangoModelFactory[Product]):
    """A product whose ledger agrees with its stock."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    slug = factory.Sequence(lambda n: f"product-{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    description = "Made of oak."
    price = 1_250
    stock = 10
    category = factory.SubFactory(CategoryFactory)

    @factory.post_generation
    def ledger(self: Product, create: bool, extracted: Any, **kwargs: Any) -> None:
        if self.stock:
            StockMovement.objects.create(product=self, delta=self.stock, reason=StockMovement.Reason.INITIAL)


class DeliveryMethodFactory(DjangoModelFactory[DeliveryMethod]):
    """One that serves every country."""

    class Meta:
        model = DeliveryMethod

    name = factory.Sequence(lambda n: f"Method {n}")
    price = 400
