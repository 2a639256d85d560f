"""Who may read and do what, as its declarations say: see `domains.common.graphql.permissions`."""

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

from domains.common.graphql.types import PUBLIC

# What only holds others; failures do too.
HOLDERS = ("Success", "Connection", "Edge")


def fact(field: GraphQLField, name: str) -> str:
    """What the declaration of a field says under this name; empty when nothing."""
    text: str = field.extensions["strawberry-definition"].metadata.get(name, "")
    return text


def visible_to(kind: GraphQLNamedType) -> str:
    """Who sees things of this type, as its declaration says; empty when it does not."""
    definition = kind.extensions.get("strawberry-definition")
    text: str = getattr(definition.origin, "visible_to", "") if definition else ""
    return text


def mistakes(schema: GraphQLSchema) -> list[str]:
    """What nobody has decided who may see or do."""
    return [*_open_roots(schema), *_unknown_types(schema), *_unknown_ways(schema), *_unknown_said(schema)]


def roots(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    kinds = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {name: field for kind in kinds if kind for name, field in kind.fields.items()}


def guarded(field: GraphQLField) -> bool:
    """Whether a permission class runs before its resolver."""
    return bool(field.extensions["strawberry-definition"].permission_classes)


def _open_roots(schema: GraphQLSchema) -> Iterator[str]:
    for name, field in roots(schema).items():
        if guarded(field) == bool(fact(field, "public")):
            yield f"root {name}: {'said to be public, but guarded' if guarded(field) else 'neither guarded nor public'}"


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


def _unknown_types(schema: GraphQLSchema) -> Iterator[str]:
    return (f"type {kind.name}: says not who sees it" for kind in _objects(schema) if not visible_to(kind))


def _unknown_ways(schema: GraphQLSchema) -> Iterator[str]:
    for kind in _objects(schema):
        for name, field in kind.fields.items():
            leads = _owned(schema, get_named_type(field.type), frozenset())
            if leads and not fact(field, "scope") and not guarded(field):
                yield f"field {kind.name}.{name}: leads to {leads}, and says not whose"


def _unknown_said(schema: GraphQLSchema) -> Iterator[str]:
    """What holds others shows nothing of its own: its fields lead to types that have been decided, or say whose."""
    for kind in holders(schema).values():
        for name, field in kind.fields.items():
            if is_leaf_type(get_named_type(field.type)) and not fact(field, "scope"):
                yield f"field {kind.name}.{name}: of what only holds others, and says not whose"


def _owned(schema: GraphQLSchema, kind: GraphQLNamedType, seen: frozenset[str]) -> str | None:
    """The type that is not public which a field of this type shows, at once or through what only holds others."""
    decided = visible_to(kind)
    if decided and not decided.startswith(PUBLIC):
        return kind.name
    if decided or kind.name in seen:
        return None
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        inside = list(schema.get_possible_types(kind))
    else:
        inside = [get_named_type(field.type) for field in getattr(kind, "fields", {}).values()]
    found = (_owned(schema, part, seen | {kind.name}) for part in inside)
    return next((name for name in found if name), None)
