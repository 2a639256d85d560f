"""Who may read and do what, as the schema declares it: whatever is not listed here is a mistake until it is."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
)

# Root fields without a permission class, and why anybody may use them.
PUBLIC = {
    "node": "the loaders are scoped by viewer",
    "nodes": "the loaders are scoped by viewer",
    "me": "null for nobody",
    "product": "the catalogue; hidden products for staff alone",
    "products": "the catalogue; hidden products for staff alone",
    "category": "the catalogue",
    "categories": "the catalogue",
    "order": "null for nobody, and for everybody but its customer and staff",
    "register": "how one gets an account; throttled",
    "login": "how one signs in; throttled",
    "refreshToken": "the token is the proof",
    "requestPasswordReset": "tells nothing; throttled",
    "resetPassword": "the mailed token is the proof",
    "verifyEmail": "the mailed token is the proof",
}
# Types that hold nobody's data.
OPEN_TYPES = frozenset({"Product", "Category", "Money", "PageInfo", "FieldError"})
# Types that belong to somebody, with every field that has been thought about. A row is reached by visible_to alone.
OWNED_TYPES = {
    "User": "id email name isStaff emailVerified pendingEmail version sessions auditEvents createdAt updatedAt",
    "AuditEvent": "id type ipAddress createdAt",
    "Session": "id userAgent ipAddress current lastUsedAt expiresAt createdAt",
    "AuthTokens": "accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt",
    "Order": "id number customer lines total status payment events version createdAt updatedAt",
    "OrderLine": "id product productName sku quantity unitPrice total",
    "OrderEvent": "id type message createdAt",
    "Payment": "id status authorized captured refunded clientSecret refunds createdAt updatedAt",
    "Refund": "id amount reason createdAt",
    "FailedMessage": "id topic attempts lastError createdAt updatedAt",
}
# What only holds others; failures do too.
HOLDERS = ("Success", "Connection", "Edge")
# What results, failures, connections and edges say beside the things they hold.
SAID = {
    "UserError": "code message path",  # and so of each failure
    "Connection": "totalCount",  # of the rows that the viewer sees
    "Edge": "cursor",  # signed; the sort key of a row that the viewer sees
    "LogoutSuccess": "revokedSessions",  # of the viewer's own
    "RequestPasswordResetSuccess": "email",  # as it was asked for
    "RequestEmailVerificationSuccess": "email",  # the viewer's own
    "AdjustStockSuccess": "replayed",
    "CreateOrderSuccess": "replayed",
    "RefundOrderSuccess": "replayed",
    "RateLimitedError": "retryAfterSeconds",
    "StaleObjectError": "currentVersion",  # of a row that the viewer may change
    "InsufficientStockError": "productId requested available",  # `stock` is public
    "ProductUnavailableError": "productId",  # as it was asked for
    "PaymentDeclinedError": "declineCode",  # of the viewer's own card
    "PaymentPendingError": "orderId",  # of an order that the viewer sees
    "InvalidStateError": "status",  # of an order that the viewer sees
}
# Fields that lead from a row to what may belong to somebody else, and what holds them back.
WAYS = {
    "User.sessions": "SessionsByUserIdLoader: one's own, also for staff",
    "User.auditEvents": "AuditEventsByUserIdLoader: one's own, also for staff",
    "Order.customer": "UserByIdLoader: oneself, staff everybody",
    "Order.lines": "of an order that the viewer sees",
    "Order.payment": "PaymentByIdLoader: one's own, staff all",
    "Order.events": "of an order that the viewer sees",
    "Payment.refunds": "of a payment that the viewer sees",
}


def mistakes(schema: GraphQLSchema) -> list[str]:
    """What nobody has decided who may see or do."""
    return [
        *_open_roots(schema),
        *_unknown_types(schema),
        *_unknown_fields(schema),
        *_unknown_ways(schema),
        *_unknown_said(schema),
    ]


def roots(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    kinds = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {name: field for kind in kinds if kind for name, field in kind.fields.items()}


def guarded(field: GraphQLField) -> bool:
    """Whether a permission class runs before its resolver."""
    return bool(field.extensions["strawberry-definition"].permission_classes)


def _open_roots(schema: GraphQLSchema) -> Iterator[str]:
    for name, field in roots(schema).items():
        if guarded(field) == (name in PUBLIC):
            yield f"root {name}: {'listed as public, but guarded' if guarded(field) else 'neither guarded nor public'}"


def _objects(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """All but the roots and what only holds others: results, failures, connections."""
    return (kind for kind in _outputs(schema) if not _holds(kind))


def holders(schema: GraphQLSchema) -> dict[str, GraphQLObjectType]:
    """What only holds others."""
    return {kind.name: kind for kind in _outputs(schema) if _holds(kind)}


def _outputs(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    roots_ = (schema.query_type, schema.mutation_type, schema.subscription_type)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind not in roots_ and not is_introspection_type(kind):
            yield kind


def _holds(kind: GraphQLObjectType) -> bool:
    return kind.name.endswith(HOLDERS) or "UserError" in {interface.name for interface in kind.interfaces}


def said(kind: GraphQLObjectType) -> set[str]:
    """The fields that have been thought about of what holds others."""
    families = [*(interface.name for interface in kind.interfaces), *filter(kind.name.endswith, HOLDERS), kind.name]
    return {name for family in dict.fromkeys(families) for name in SAID.get(family, "").split()}


def _unknown_types(schema: GraphQLSchema) -> Iterator[str]:
    for kind in _objects(schema):
        if kind.name not in OPEN_TYPES and kind.name not in OWNED_TYPES:
            yield f"type {kind.name}: neither open nor owned"


def _unknown_fields(schema: GraphQLSchema) -> Iterator[str]:
    for kind in _objects(schema):
        for name in kind.fields.keys() - OWNED_TYPES.get(kind.name, " ".join(kind.fields)).split():
            yield f"field {kind.name}.{name}: of an owned type, and not listed"


def _unknown_ways(schema: GraphQLSchema) -> Iterator[str]:
    for kind in _objects(schema):
        for name, field in kind.fields.items():
            leads = _owned(schema, get_named_type(field.type), frozenset())
            if leads and f"{kind.name}.{name}" not in WAYS and not guarded(field):
                yield f"way {kind.name}.{name}: leads to {leads}"


def _unknown_said(schema: GraphQLSchema) -> Iterator[str]:
    """What holds others shows nothing of its own: its fields lead to types that have been decided, or are listed."""
    for kind in holders(schema).values():
        for name, field in kind.fields.items():
            if is_leaf_type(get_named_type(field.type)) and name not in said(kind):
                yield f"field {kind.name}.{name}: of what only holds others, and not listed"


def _owned(schema: GraphQLSchema, kind: GraphQLNamedType, seen: frozenset[str]) -> str | None:
    """The owned type that a field of this type shows, at once or through what only holds others."""
    if kind.name in OWNED_TYPES:
        return kind.name
    if kind.name in seen or kind.name in OPEN_TYPES:
        return None
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        inside = list(schema.get_possible_types(kind))
    else:
        inside = [get_named_type(field.type) for field in getattr(kind, "fields", {}).values()]
    found = (_owned(schema, part, seen | {kind.name}) for part in inside)
    return next((name for name in found if name), None)
