"""Mutations of delivery methods; all of them are for staff."""

from __future__ import annotations

import strawberry

from domains.common.errors import NotFoundError
from domains.common.graphql.connections import given
from domains.common.graphql.errors import StaleObjectError, ValidationError, mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsStaff
from domains.delivery import inputs, models, services
from domains.delivery.types import DeliveryMethod


@strawberry.type
class Mutation:
    @mutation(
        description="Add a delivery method.",
        gives=(DeliveryMethod, "The delivery method was added."),
        fails=[ValidationError],
        permission_classes=[IsStaff],
    )
    def create_delivery_method(self, input: inputs.CreateDeliveryMethodInput) -> models.DeliveryMethod:
        return services.create_method(edit=input.edit())

    @mutation(
        description="Change a delivery method; orders that have been placed keep what it was.",
        gives=(DeliveryMethod, "The delivery method was changed."),
        fails=[ValidationError, NotFoundError, StaleObjectError],
        permission_classes=[IsStaff],
    )
    def update_delivery_method(self, input: inputs.UpdateDeliveryMethodInput) -> models.DeliveryMethod:
        return services.update_method(
            method_id=key_of(input.method_id, "DeliveryMethod"),
            edit=input.edit(),
            expected_version=given(input.expected_version),
        )
