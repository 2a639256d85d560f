"""A provider that has stopped answering is left alone for a moment; what it did answer is never withheld."""

from __future__ import annotations

from typing import Any

import pytest

from domains.payments.gateway import FAILURES, Declined, GatewayUnavailable, Intent, IntentStatus, Watched

HELD = Intent("pi_1", IntentStatus.REQUIRES_CAPTURE)


class Provider:
    """Answers `retrieve` with what `says` is, and counts the calls."""

    def __init__(self) -> None:
        self.says: Intent | Exception = GatewayUnavailable()
        self.calls = 0

    def retrieve(self, intent_id: str) -> Intent:
        self.calls += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def silent(provider: Provider, pause: float) -> Any:
    """The provider, watched, when it has just been given up."""
    watched: Any = Watched(provider)  # type: ignore[arg-type]  # one call of the port is enough here
    watched._breaker.pause = pause
    for _ in range(FAILURES):
        with pytest.raises(GatewayUnavailable):
            watched.retrieve("pi_1")
    return watched


def test_it_is_not_called_while_it_is_left_alone() -> None:
    provider = Provider()
    watched = silent(provider, pause=600.0)
    provider.says = HELD
    with pytest.raises(GatewayUnavailable):
        watched.retrieve("pi_1")
    assert provider.calls == FAILURES


@pytest.mark.parametrize("answer", [HELD, Declined("stolen_card")])
def test_after_the_pause_one_call_tries_and_any_answer_ends_it(answer: Intent | Declined) -> None:
    provider = Provider()
    watched = silent(provider, pause=0.0)
    with pytest.raises(GatewayUnavailable):
        watched.retrieve("pi_1")
    provider.says = answer
    for _ in range(2):
        if isinstance(answer, Declined):
            with pytest.raises(Declined):
                watched.retrieve("pi_1")
        else:
            assert watched.retrieve("pi_1") == answer
    provider.says = GatewayUnavailable()
    for _ in range(FAILURES - 1):  # counted from the beginning
        with pytest.raises(GatewayUnavailable):
            watched.retrieve("pi_1")
    watched._breaker.pause = 600.0
    provider.says = HELD
    assert watched.retrieve("pi_1") == HELD


def test_an_answer_to_a_call_that_began_before_ends_it_too() -> None:
    provider = Provider()
    watched: Any = Watched(provider)  # type: ignore[arg-type]
    watched._breaker.pause = 600.0
    with watched._breaker.call():
        for _ in range(FAILURES + 1):
            with pytest.raises(GatewayUnavailable):
                watched.retrieve("pi_1")
    assert provider.calls == FAILURES
    provider.says = HELD
    assert watched.retrieve("pi_1") == HELD
