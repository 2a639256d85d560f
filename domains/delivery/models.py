"""Delivery methods."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from domains.common.data.models import BaseModel
from domains.common.viewer import Viewer
from domains.delivery.countries import COUNTRIES


class DeliveryMethodQuerySet(models.QuerySet["DeliveryMethod"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Active ones; staff see all."""
        return self if viewer.is_staff else self.filter(active=True)

    def serving(self, country: str) -> Self:
        """Those that deliver to it, a code in capitals."""
        return self.filter(Q(country_codes=[]) | Q(country_codes__contains=[country]))

    def countries(self) -> set[str]:
        """The countries that some of them delivers to."""
        lists = self.order_by().values_list("country_codes", flat=True).distinct()
        return {code for codes in lists for code in codes or COUNTRIES}

    def listed(self) -> Self:
        """As they are shown: active ones first, the cheapest first."""
        return self.order_by(F("active").desc(), "price", "name", "id")


class DeliveryMethod(BaseModel):
    """A way to deliver an order, chosen by its buyer. `price` is in minor units (pence) of the store's currency."""

    name = models.CharField(max_length=100, help_text="What it is called, 1 to 100 characters.")
    description = models.TextField(
        default="", help_text="What to know before choosing it; plain text, at most 1,000 characters, may be empty."
    )
    price = models.BigIntegerField(help_text="Minor units of the store's currency.")
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, help_text="Percent, 0 to 100; null: STORE_TAX_RATE."
    )
    country_codes: ArrayField[list[str], list[str]] = ArrayField(
        models.CharField(max_length=2),
        default=list,
        help_text="The countries it delivers to, ISO 3166-1 alpha-2 in capitals; none: everywhere.",
    )
    active = models.BooleanField(default=True, help_text="Whether it can be chosen.")
    version = models.PositiveIntegerField(default=1, help_text="Raised by each edit, from 1.")

    objects: ClassVar[models.Manager[DeliveryMethod]] = DeliveryMethodQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(price__gte=0), name="delivery_method_price_not_negative"),
            models.CheckConstraint(condition=Q(tax_rate__range=(0, 100)), name="delivery_method_tax_rate"),
        ]
        # The list is read along it; which of its rows serve a country is seen on the way: staff write them by hand.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(F("active").desc(), "price", "name", "id", name="delivery_method_listed")
        ]
