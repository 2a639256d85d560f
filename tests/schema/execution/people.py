"""A small schema in which every kind of resolver succeeds, fails and returns null, depending on the person."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, cast

from graphql import GraphQLObjectType, GraphQLSchema, build_schema

from domains.common.graphql.loaders import Loader

SDL = """
interface Named { name: String }
type Person implements Named {
  id: Int!
  name: String
  strictName: String!
  failing: String
  strictFailing: String!
  awaited: String
  twice: String
  late: String!
  friend: Person
  strictFriend: Person!
  friends: [Person]
  strictFriends: [Person!]!
  waiting: [Person!]
  named: [Named!]
  pet: Pet
}
type Dog implements Named { name: String owner: Person }
type Cat implements Named { name: String owner: Person! }
union Pet = Dog | Cat
type Query { person(id: Int = 1): Person strictPerson(id: Int = 1): Person! people: [Person!] pets: [Pet] }
type Mutation { rename(id: Int!, fail: Boolean = false): Person strictRename(id: Int!, fail: Boolean = false): Person! }
"""

# The log of batches stands in for the viewer: (loader, keys) in the order of the calls.
Batches = list[tuple[str, list[int]]]


class _Recording(Loader[int, Any]):
    def batch(self, keys: Sequence[int]) -> list[Any]:
        cast("Batches", self.viewer).append((type(self).__name__, list(keys)))
        if 13 in keys:
            raise ValueError("the whole batch failed")
        return [self.value(key) for key in keys]

    def value(self, key: int) -> Any:
        raise NotImplementedError


class PersonByIdLoader(_Recording):
    def value(self, key: int) -> Any:
        if key % 7 == 5:
            return ValueError(f"person {key} failed")
        return None if key % 7 == 6 else {"id": key}


class NameByPersonLoader(_Recording):
    def value(self, key: int) -> Any:
        return None if key % 5 == 4 else f"name {key}"


class PetByPersonLoader(_Recording):
    def value(self, key: int) -> Any:
        return {"kind": ("Dog", "Cat", "Fish")[key % 3], "owner": key}


def _load(info: Any, loader: type[Loader[int, Any]], key: int) -> Awaitable[Any]:
    return cast("Awaitable[Any]", info.context.loaders.get(loader).load(key))


def _name(person: Any, info: Any) -> Any:
    return _load(info, NameByPersonLoader, person["id"])


def _failing(person: Any, _info: Any) -> str:
    if person["id"] % 2:
        raise ValueError(f"plain error of {person['id']}")
    return "fine"


async def _awaited(person: Any, _info: Any) -> str:
    return _failing(person, None)


async def _twice(person: Any, info: Any) -> str:
    first = await _load(info, NameByPersonLoader, person["id"])
    pet = await _load(info, PetByPersonLoader, person["id"] + 1)
    return f"{first} and {pet['kind']}"


async def _late(person: Any, info: Any) -> str:
    await _load(info, NameByPersonLoader, person["id"] + 2)
    return _failing(person, None)


def _friend(person: Any, info: Any) -> Any:
    return _load(info, PersonByIdLoader, person["id"] + 1)


async def _friends(person: Any, info: Any) -> list[Any]:
    return [await _load(info, PersonByIdLoader, person["id"] + step) for step in (1, 2)]


def _waiting(person: Any, info: Any) -> list[Any]:
    return [_load(info, PersonByIdLoader, person["id"] + step) for step in (2, 1)]


def _named(person: Any, _info: Any) -> list[Any]:
    return [person, {"kind": "Dog", "owner": person["id"]}, {"kind": "Cat", "owner": person["id"] + 1}]


async def _pet(person: Any, info: Any) -> Any:
    return await _load(info, PetByPersonLoader, person["id"])


def _owner(pet: Any, info: Any) -> Any:
    return _load(info, PersonByIdLoader, pet["owner"])


def _pet_name(pet: Any, info: Any) -> Any:
    return _load(info, NameByPersonLoader, pet["owner"])


async def _rename(_source: Any, info: Any, *, id: int, fail: bool) -> Any:
    person = await _load(info, PersonByIdLoader, id)
    if fail:
        raise ValueError(f"rename of {id} failed")
    return person


async def _is_person(value: Any, _info: Any) -> bool:
    return bool("id" in value)


async def _is_dog(value: Any, info: Any) -> bool:
    await _load(info, NameByPersonLoader, value.get("owner", 0))
    return bool(value.get("kind") == "Dog")


def _is_cat(value: Any, _info: Any) -> bool:
    return bool(value.get("kind") == "Cat")


RESOLVERS: dict[str, dict[str, Any]] = {
    "Query": {
        "person": lambda _source, info, id: _load(info, PersonByIdLoader, id),  # noqa: A006
        "strictPerson": lambda _source, info, id: _load(info, PersonByIdLoader, id),  # noqa: A006
        "people": lambda _source, _info: [{"id": number} for number in range(4)],
        "pets": lambda _source, _info: [{"kind": kind, "owner": 1} for kind in ("Dog", "Cat", "Fish")],
    },
    "Mutation": {"rename": _rename, "strictRename": _rename},
    "Person": {
        "name": _name,
        "strictName": _name,
        "failing": _failing,
        "strictFailing": _failing,
        "awaited": _awaited,
        "twice": _twice,
        "late": _late,
        "friend": _friend,
        "strictFriend": _friend,
        "friends": _friends,
        "strictFriends": _friends,
        "waiting": _waiting,
        "named": _named,
        "pet": _pet,
    },
    "Dog": {"name": _pet_name, "owner": _owner},
    "Cat": {"name": _pet_name, "owner": _owner},
}


def people_schema(*, asynchronous_types: bool = False) -> GraphQLSchema:
    """With ``asynchronous_types`` the type of a pet or a named value is found by awaiting."""
    schema = build_schema(SDL)
    for type_name, fields in RESOLVERS.items():
        for field_name, resolve in fields.items():
            cast("GraphQLObjectType", schema.type_map[type_name]).fields[field_name].resolve = resolve
    if asynchronous_types:
        for name, predicate in {"Person": _is_person, "Dog": _is_dog, "Cat": _is_cat}.items():
            cast("Any", schema.type_map[name]).is_type_of = predicate
    else:
        for name in ("Named", "Pet"):
            cast("Any", schema.type_map[name]).resolve_type = lambda value, *_: value.get("kind", "Person")
    return schema
