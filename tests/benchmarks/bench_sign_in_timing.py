"""How long a refused sign-in takes, by what is wrong with it: run by hand, with DATABASE_URL and REDIS_URL.

    python -m tests.benchmarks.bench_sign_in_timing

Prints the median of 100 tries of each kind over the whole request (1,000 of the throttled, which are short), and its
ratio to the first kind of its group: who is looked at, who is throttled at an address, and who is throttled
everywhere. The kinds take turns, and each has an e-mail and an address of its own. Uses a database of its own.
"""

from __future__ import annotations

import logging
import os
import random
import sys
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter

import django

TURNS = 100
TRIES = {"looked at": 1, "throttled here": 10, "throttled everywhere": 10}  # in each turn
TOLERANCE = 0.10
NETWORKS = 100  # from which an owner of many has signed in lately
GROUPS = {
    "looked at": [
        "a wrong password",
        "an unknown e-mail",
        "a closed account",
        "a password that is too long",
        "the same, unknown",
        "an owner of many networks",
    ],
    "throttled here": ["known", "unknown", "known in many networks"],
    "throttled everywhere": ["known", "unknown", "known in many networks"],
}
type Spent = dict[tuple[str, str], list[float]]
logger = logging.getLogger(__name__)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings.test"
    os.environ.setdefault("TEST_DATABASE_NAME", "test_bench_sign_in")
    os.environ["LOGIN_FAILURES_PER_MINUTE"] = "1"  # one guess and somebody is throttled
    django.setup()
    from django.test.utils import get_runner, setup_test_environment

    logging.basicConfig(level=logging.ERROR, format="%(message)s", force=True)
    logger.setLevel(logging.INFO)
    setup_test_environment()
    runner = get_runner(django.conf.settings, "django.test.runner.DiscoverRunner")(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        far = report(measure())
    finally:
        runner.teardown_databases(databases)
    if far:
        sys.exit(f"more than {TOLERANCE:.0%} from the first of the group: {', '.join(far)}")


def measure() -> Spent:
    """Milliseconds of each try, by group and kind."""
    from tests.domains.accounts.strangers import new_address, new_email, sign_in
    from tests.factories import PASSWORD

    people: dict[str, Callable[[], tuple[str, str]]] = {
        "a wrong password": lambda: (someone(), "not this one"),
        "an unknown e-mail": lambda: (new_email(), PASSWORD),
        "a closed account": lambda: (someone(active=False), PASSWORD),
        "a password that is too long": lambda: (someone(), PASSWORD * 10),
        "the same, unknown": lambda: (new_email(), PASSWORD * 10),
        "an owner of many networks": lambda: (someone(networks=NETWORKS), "not this one"),
        "known": lambda: (someone(networks=1), "not this one"),
        "unknown": lambda: (new_email(), "not this one"),
        "known in many networks": lambda: (someone(networks=NETWORKS), "not this one"),
    }
    spent: Spent = {(group, kind): [] for group, kinds in GROUPS.items() for kind in kinds}
    sign_in(new_email(), PASSWORD, address=new_address())  # connects, compiles the query
    for _ in range(TURNS):
        for group, kind in random.sample(list(spent), len(spent)):
            email, password = people[kind]()
            address = throttle(group, email)
            for _ in range(TRIES[group]):
                started = perf_counter()
                outcome = sign_in(email, password, address=address)["__typename"]
                spent[group, kind].append((perf_counter() - started) * 1000)
                assert outcome == ("InvalidCredentialsError" if group == "looked at" else "RateLimitedError"), outcome
    return spent


def someone(*, active: bool = True, networks: int = 0) -> str:
    """The e-mail of a new account."""
    from django.utils import timezone

    from domains.accounts.models import KnownNetwork
    from domains.common.guard.addresses import network
    from tests.domains.accounts.strangers import new_address, new_email
    from tests.factories import UserFactory

    user = UserFactory.create(email=new_email(), is_active=active)
    seen = {"user": user, "seen_at": timezone.now()}
    KnownNetwork.objects.bulk_create(KnownNetwork(network=network(new_address()), **seen) for _ in range(networks))
    return str(user.email)


def throttle(group: str, email: str) -> str:
    """Guess until the e-mail is throttled as the group says; the address to be measured from."""
    from tests.domains.accounts.strangers import new_address, sign_in

    address = new_address()
    guesses = {
        "looked at": [],
        "throttled here": [address],
        "throttled everywhere": [new_address(), new_address()],
    }
    for elsewhere in guesses[group]:
        sign_in(email, "not this one", address=elsewhere)
    return address


def report(spent: Spent) -> list[str]:
    """Print them; the kinds whose median is too far from that of the first kind of their group."""
    far = []
    for (group, kind), times in spent.items():
        ratio = median(times) / median(spent[group, GROUPS[group][0]])
        low, _, high = quantiles(times, n=4)
        logger.info(
            "%-20s  %-28s median %6.2f ms (%5.2f to %5.2f)  x%.3f", group, kind, median(times), low, high, ratio
        )
        if abs(ratio - 1) > TOLERANCE:
            far.append(f"{group}, {kind}")
    return far


if __name__ == "__main__":
    main()
