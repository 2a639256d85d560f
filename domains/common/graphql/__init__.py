"""What every domain's GraphQL types are made of: ids, scalars, connections and pages, loaders, permissions, failures.

A domain declares a type with `types.entity`, a relation with a loader of `loaders`, a list with `connections` and
`paging`, who may call a field with `permissions`, and how a mutation can fail with `errors`.
"""
