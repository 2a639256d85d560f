"""A small schema in which every kind of field succeeds, fails and is null, depending on the person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLSchema, build_schema

from domains.common.graphql.loaders import Loader
from tests.schema.execution.declaring import Batches, Source, attribute, batch, load, ordinary, relation

SDL = """
scalar Moment
scalar Anything
enum Mood { HAPPY SAD }
interface Named { name: String }
type Person implements Named {
  id: Int! name: String strictName: String! nick: String strictNick: String! mood: Mood strictMood: Mood!
  born: Moment strictBorn: Moment! age(add: Int = 0): Int strictAge(add: Int = 0): Int! echo(value: Anything): String
  score: Float alive: Boolean tags: [String!] strictTags: [String!]!
  friend: Person strictFriend: Person! loaded: Person strictLoaded: Person! batched: Person strictBatched: Person!
  friends: [Person] strictFriends: [Person!]! rows: [[Person!]] strictRows: [[Person!]!]!
  named: [Named!] pet: Pet strictPet: Pet! pets: [Pet] strictPets: [Pet!]!
}
type Dog implements Named { name: String owner: Person }
type Cat implements Named { name: String owner: Person strictOwner: Person! }
union Pet = Dog | Cat
type Query {
  person(id: Int = 1): Person strictPerson(id: Int = 1): Person! people: [Person!] crowd: [Person]! pets: [Pet]
  grid: [[Int!]!]
}
type Mutation { rename(id: Int!, fail: Boolean = false): Person strictRename(id: Int!, fail: Boolean = false): Person! }
type Subscription { person(id: Int = 1): Person }
"""


@dataclass(frozen=True)
class Person:
    id: int

    @property
    def nick(self) -> str | None:
        if self.id % 5 == 3:
            raise ValueError(f"no nick of {self.id}")
        return None if self.id % 5 == 4 else f"nick {self.id}"

    @property
    def friend_id(self) -> int | None:
        if self.id % 11 == 10:
            raise ValueError(f"no friends of {self.id}")
        return None if self.id % 7 == 6 else self.id + 1


@dataclass(frozen=True)
class Animal:
    kind: str
    owner: int


class _Recording(Loader[int, Any]):
    def batch(self, keys: Sequence[int]) -> list[Any]:
        cast("Batches", self.viewer).append((type(self).__name__, list(keys)))
        if min(keys) >= 100:
            raise ValueError("the whole batch failed")
        return [self.value(key) for key in keys]

    def value(self, key: int) -> Any:
        raise NotImplementedError


class PersonByIdLoader(_Recording):
    def value(self, key: int) -> Any:
        if key % 7 == 5:
            return ValueError(f"person {key} failed")
        return None if key % 9 == 8 else Person(key)


class NameByPersonLoader(_Recording):
    def value(self, key: int) -> Any:
        return None if key % 5 == 4 else f"name {key}"


class PetByPersonLoader(_Recording):
    def value(self, key: int) -> Any:
        return Animal(("Dog", "Cat", "Dog", "Cat", "Fish")[key % 5], key)


def _moods(people: list[Person], _info: Any) -> list[Any]:
    moods = ("HAPPY", "SAD", "ANGRY", None, ValueError("no mood"))
    return [moods[person.id % 5] for person in people]


def _ages(people: list[Person], info: Any, add: int) -> list[Any]:
    info.context.batches.append((f"{info.field_name} {add}", [person.id for person in people]))
    return [2**31 if person.id % 6 == 5 else None if person.id % 6 == 4 else 20 + person.id + add for person in people]


def _echoes(people: list[Person], _info: Any, value: Any = None) -> list[str]:
    return [f"{value!r} to {person.id}" for person in people]


def _tags(person: Person, _info: Any) -> Any:
    return (["a", "b"], ["a", None], "no list", None, ("c",), [ValueError("a tag failed")])[person.id % 6]


def _batched(people: list[Person], info: Any) -> list[Any]:
    return [
        ValueError(f"no value for {person.id}") if person.id % 4 == 3 else load(info, PersonByIdLoader, person.id + 1)
        for person in people
    ]


def _friends(person: Person, info: Any) -> list[Any]:
    return [load(info, PersonByIdLoader, person.id + step) for step in (1, 2)]


def _rows(person: Person, info: Any) -> list[Any]:
    if person.id % 5 == 4:
        raise ValueError(f"no rows of {person.id}")
    few = [load(info, PersonByIdLoader, person.id + step) for step in (0, 2)]
    return [few, [] if person.id % 3 else None, [Person(person.id), *few[:1]]]


def _named(person: Person, _info: Any) -> list[Any]:
    return [person, Animal("Dog", person.id), Animal("Cat", person.id + 1), person]


def _pets(person: Person, info: Any) -> list[Any]:
    return [load(info, PetByPersonLoader, person.id + step) for step in (0, 2, 1)]


def _score(person: Person, _info: Any) -> Any:
    return (1, 0.5, "1.5", float("inf"), True)[person.id % 5]


def _born(person: Person, _info: Any) -> int:
    return person.id


def _person(_source: Any, info: Any, *, id: int) -> Any:
    return load(info, PersonByIdLoader, id)


def _rename(_source: Any, info: Any, *, id: int, fail: bool) -> Any:
    if fail:
        raise ValueError(f"rename of {id} failed")
    return load(info, PersonByIdLoader, id)


def _moment(value: int) -> Any:
    if value % 6 == 5:
        raise ValueError(f"{value} is no moment")
    return None if value % 6 == 4 else {"year": 1990 + value}


FIELDS: dict[str, dict[str, Source]] = {
    "Query": {
        **dict.fromkeys(("person", "strictPerson"), ordinary(_person)),
        "people": ordinary(lambda *_: [Person(number) for number in range(4)]),
        "crowd": ordinary(lambda *_: [Person(5), None, ValueError("a person failed"), Person(6), Person(7)]),
        "pets": ordinary(lambda *_: [Animal(kind, 1) for kind in ("Dog", "Cat", "Fish", "Dog")]),
        "grid": ordinary(lambda *_: [[1, 2], [3, None], None, (4,)]),
    },
    "Mutation": dict.fromkeys(("rename", "strictRename"), ordinary(_rename)),
    "Subscription": {"person": ordinary(_person)},
    "Person": {
        "id": attribute("id"),
        **dict.fromkeys(("name", "strictName"), relation(NameByPersonLoader, "id")),
        **dict.fromkeys(("nick", "strictNick"), attribute("nick")),
        **dict.fromkeys(("mood", "strictMood"), batch(_moods)),
        **dict.fromkeys(("born", "strictBorn"), ordinary(_born)),
        **dict.fromkeys(("age", "strictAge"), batch(_ages)),
        "echo": batch(_echoes),
        "score": ordinary(_score),
        "alive": ordinary(lambda person, _info: bool(person.id % 2)),
        **dict.fromkeys(("tags", "strictTags"), ordinary(_tags)),
        **dict.fromkeys(("friend", "strictFriend"), relation(PersonByIdLoader, "friend_id")),
        **dict.fromkeys(
            ("loaded", "strictLoaded"), ordinary(lambda one, info: load(info, PersonByIdLoader, one.id + 2))
        ),
        **dict.fromkeys(("batched", "strictBatched"), batch(_batched)),
        **dict.fromkeys(("friends", "strictFriends"), ordinary(_friends)),
        **dict.fromkeys(("rows", "strictRows"), ordinary(_rows)),
        "named": ordinary(_named),
        **dict.fromkeys(("pet", "strictPet"), relation(PetByPersonLoader, "id")),
        **dict.fromkeys(("pets", "strictPets"), ordinary(_pets)),
    },
    **{
        kind: {
            "name": relation(NameByPersonLoader, "owner"),
            **dict.fromkeys(owners, relation(PersonByIdLoader, "owner")),
        }
        for kind, owners in {"Dog": ["owner"], "Cat": ["owner", "strictOwner"]}.items()
    },
}


def _is(name: str) -> Callable[..., bool]:
    def is_type_of(value: Any, _info: Any) -> bool:
        if getattr(value, "owner", 0) % 8 == 6:
            raise ValueError(f"nobody knows what {value} is")
        return bool(getattr(value, "kind", "Person") == name)

    return is_type_of


def people_schema(*, by_predicate: bool = False) -> GraphQLSchema:
    """With `by_predicate` the types themselves say what is theirs; else a name is found for each value."""
    schema = build_schema(SDL)
    cast("Any", schema.type_map["Moment"]).coerce_output_value = _moment
    for type_name, fields in FIELDS.items():
        for name, (extensions, resolve) in fields.items():
            field = cast("Any", schema.type_map[type_name]).fields[name]
            field.extensions, field.resolve = extensions, resolve
    if by_predicate:
        for name in ("Person", "Dog", "Cat"):
            cast("Any", schema.type_map[name]).is_type_of = _is(name)
    else:
        for name in ("Named", "Pet"):
            cast("Any", schema.type_map[name]).resolve_type = lambda value, *_: getattr(value, "kind", "Person")
    return schema
