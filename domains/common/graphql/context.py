"""What a resolver knows about its request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import strawberry
from django.http import HttpRequest

from domains.common.graphql.loaders import Loaders
from domains.common.viewer import ANONYMOUS, Viewer


@dataclass
class Context:
    """One an execution: who asks, and the loaders that batch what they ask for."""

    request: HttpRequest
    viewer: Viewer
    # What a subscription calls, before it reads, with each topic (see `background.changes`) after whose changes it is
    # executed again, and what reads its version: by one cheap statement, anything that is another after each change.
    follow: Callable[[str, Callable[[], object]], None] = lambda topic, version: None
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer)

    def forget_viewer(self) -> None:
        """Their session is over: nobody asks for what is left of the document, and nothing read for them is shown."""
        self.viewer = ANONYMOUS
        self.loaders = Loaders(self.viewer, self.loaders.plan)


type Info = strawberry.Info[Context, None]
