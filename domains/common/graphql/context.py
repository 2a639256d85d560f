"""What a resolver knows about its request."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import strawberry
from django.http import HttpRequest

from domains.common.graphql.loaders import Loaders
from domains.common.viewer import ANONYMOUS, Viewer


class NothingYet(Exception):
    """Raised in a subscription of many objects when there is none to tell of: the client is sent nothing."""


class Watch(Protocol):
    """The changes of many objects, from when it is made."""

    def changed(self) -> Mapping[Any, Hashable]:
        """The keys of those that have changed since the last call, each with what tells these changes from others.

        Raises OverflowError when there are too many to tell of one by one.
        """


def _never(topic: str, watch: Callable[[], Watch]) -> Any:
    raise NothingYet


@dataclass
class Context:
    """One an execution: who asks, and the loaders that batch what they ask for."""

    request: HttpRequest
    viewer: Viewer
    # What a subscription calls, before it reads, with each topic (see `background.changes`) after whose changes it is
    # executed again, and what reads its version: by one cheap statement, anything that is another after each change.
    follow: Callable[[str, Callable[[], object]], None] = lambda topic, version: None
    # What a subscription of many objects calls with the topic of all of them, and what begins to watch them. It gives
    # the key of the one that this execution is about; raises NothingYet when the stream is opened.
    each: Callable[[str, Callable[[], Watch]], Any] = _never
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer)

    def forget_viewer(self) -> None:
        """Their session is over: nobody asks for what is left of the document, and nothing read for them is shown."""
        self.viewer = ANONYMOUS
        self.loaders = Loaders(self.viewer, self.loaders.plan)


type Info = strawberry.Info[Context, None]
