"""One schema out of all domains: each may bring root types, fields of earlier types, loaders of nodes, header rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types.base import get_object_definition

from domains import DOMAINS, modules
from domains.common.errors import BadUserInputError
from domains.common.graphql.context import Info
from domains.common.graphql.ids import parse_global_id
from domains.common.graphql.loaders import Loader, Pending
from domains.common.graphql.permissions import IsStaff
from domains.common.graphql.scalars import SCALARS
from domains.common.graphql.types import Node

MAX_NODES = 100


def contributions(module: str, name: str) -> list[Any]:
    """What the domains have under this name in such a module, in the order of DOMAINS."""
    return [getattr(found, name) for found in modules(module) if hasattr(found, name)]


NODE_LOADERS: dict[str, type[Loader[UUID, Any]]] = {
    name: loader for nodes in contributions("loaders", "NODES") for name, loader in nodes.items()
}
IGNORE_AUTHORIZATION: frozenset[str] = frozenset().union(*contributions("mutations", "IGNORE_AUTHORIZATION"))


@strawberry.type
class NodeQuery:
    """Refetching by global id. A resolved id is never a permission: the loaders are scoped by viewer."""

    @strawberry.field(
        graphql_type=Node | None,
        description="Anything by its id; null when absent or not yours to see.",
        metadata={"public": "the loaders are scoped by viewer"},
    )
    def node(self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")]) -> Any:
        return _load(info, id)

    @strawberry.field(
        graphql_type=list[Node | None],
        description="As `node`, for at most 100 ids; the answers are in their order.",
        metadata={"public": "the loaders are scoped by viewer"},
    )
    def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="0 to 100 global ids.")]
    ) -> Sequence[Any]:
        if len(ids) > MAX_NODES:
            raise BadUserInputError(f"Ask for at most {MAX_NODES} ids at once")
        return [_load(info, global_id) for global_id in ids]


def _load(info: Info, global_id: str) -> Pending[Any] | None:
    parsed = parse_global_id(global_id)
    loader = NODE_LOADERS.get(parsed[0]) if parsed else None
    return info.context.loaders.get(loader).load(parsed[1]) if loader and parsed else None


def extend_types() -> None:
    """Add to the types of earlier domains what later ones declare in `EXTENSIONS = {Product: ProductReviews}`."""
    for extensions in contributions("types", "EXTENSIONS"):
        for kind, extension in extensions.items():
            known = get_object_definition(kind, strict=True).fields
            names = {field.python_name for field in known}
            added = get_object_definition(extension, strict=True).fields
            known += [field for field in added if field.python_name not in names]


def _root(name: str, parts: Sequence[type]) -> type:
    """Its fields in the order in which people read them, which the types take over: the lists that domains are named
    for, then what anybody may use, then what is for staff alone."""
    root = merge_types(name, tuple(parts))
    fields = get_object_definition(root, strict=True).fields
    fields.sort(key=lambda field: (IsStaff in field.permission_classes, field.python_name not in DOMAINS))
    return root


def build() -> strawberry.Schema:
    """The merged schema."""
    extend_types()
    return strawberry.Schema(
        query=_root("Query", (*contributions("queries", "Query"), NodeQuery)),
        mutation=_root("Mutation", contributions("mutations", "Mutation")),
        subscription=_root("Subscription", contributions("subscriptions", "Subscription")),
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=False),
    )


def declare_sources(core: GraphQLSchema) -> None:
    """Say in each field's `extensions` where its values come from, as `schema.execution` reads it."""
    for kind in core.type_map.values():
        for field in kind.fields.values() if isinstance(kind, GraphQLObjectType) else ():
            declared = field.extensions.get("strawberry-definition")
            if declared is None:  # of introspection
                continue
            if declared.is_basic_field:
                field.extensions["attribute"] = declared.python_name
            elif "relation" in declared.metadata:
                field.extensions["relation"] = declared.metadata["relation"]
            elif "batch" in declared.metadata and field.resolve:
                field.extensions["batch"], field.resolve = field.resolve, _alone(field.resolve)


def _alone(batch: Callable[..., Any]) -> Callable[..., Any]:
    """A batch resolver for one object, as graphql-core calls it."""

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        (value,) = batch([source], info, **arguments)
        return value

    return resolve


schema = build()
core: GraphQLSchema = schema._schema
declare_sources(core)
for kind in core.type_map.values():  # Strawberry tells graphql-core nothing of @oneOf, which both know
    if isinstance(kind, GraphQLInputObjectType) and kind.extensions["strawberry-definition"].is_one_of:
        kind.is_one_of = True
core.description = "Ordergraph: accounts, catalogue, orders and payments of a shop."
if core.query_type and core.mutation_type and core.subscription_type:
    core.query_type.description = "What can be read. Every list is paged or short; every row is scoped by the viewer."
    core.mutation_type.description = "What can be changed. Each answers a union: one success, then what can go wrong."
    core.subscription_type.description = (
        "What can be followed, as Server-Sent Events: the state at once, then after each change. One field a request."
    )
