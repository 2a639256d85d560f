"""Breadth-first execution: each field is resolved once for all objects of its level.

graphql-core resolves object by object: a page of 20 orders of 3 lines calls the resolver of `quantity` 60 times, each
time with a path, an info and a call of its own. Here a document is *planned* once (`plan`): a tree of selections, each
with its object type and fields, kept beside the parsed document. It is *executed* level by level (`executor`): a field
gets all the objects of its level and answers a list that is as long, and `completion` turns that into what stands in
the answer, written into dicts in place. What a level asks of loaders is read together, one batch a loader, before the
next level begins. There are no paths, futures or coroutines on this way.

Errors are values: a resolver that raised has its exception at its place in the list, and a `Failure` stands in the
answer. Only where there was one, a second pass (`errors`) walks the answer, tells each error with its path and
locations, and makes null what has to be null. A failure does not end its siblings: of several errors below a place
that becomes null the first one is told, as the specification asks.

The root fields of a mutation run one after the other, each to its end. An event of a subscription is an execution.

A field is one of these, by the `extensions` of its GraphQLField:

- `attribute`: a name; its value is read from the object, without a call.
- `relation`: a loader and the attribute that has the key; the keys of the whole level become one batch.
- `batch`: a resolver that is called once with the list of all parents in place of one, and returns as many values.
- none of them: an ordinary resolver, called once an object. It may return `loader.load(key)`, or a list of these, and
  the value is read with all others of the level. Introspection works by ordinary resolvers.

`info` is made once a field: `info.path` names the field and its type, but no place in a list. graphql-core parses,
validates, coerces arguments and variables, and is the reference that tests compare with.
"""
