"""Delivery holds nothing of people: addresses are kept by what is delivered."""

from __future__ import annotations

from domains.common.data.personal import Holding
from domains.delivery.models import DeliveryMethod

HOLDINGS: tuple[Holding, ...] = ()
IMPERSONAL = {DeliveryMethod: ("name", "description", "country_codes")}
