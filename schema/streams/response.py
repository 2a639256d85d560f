"""What a view answers to a subscription: its first event, and the open operation for the server to go on with."""

from __future__ import annotations

from collections.abc import Iterator

from django.http.response import HttpResponseBase

from schema.streams.events import EVENT_STREAM
from schema.streams.live import Live


class EventStreamResponse(HttpResponseBase):
    """Iterating gives the first event alone; who takes `live` closes it, else closing the response does."""

    streaming = True  # no middleware measures or compresses it

    def __init__(self, first: bytes, live: Live) -> None:
        super().__init__(content_type=EVENT_STREAM)
        self._first = first
        self._live: Live | None = live

    def __iter__(self) -> Iterator[bytes]:
        return iter([self._first])

    def take(self) -> Live | None:
        """The open operation, once."""
        live, self._live = self._live, None
        return live

    def close(self) -> None:
        if self._live is not None:
            self._live.close()
            self._live = None
        super().close()
