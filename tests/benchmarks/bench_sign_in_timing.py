"""How long a refused sign-in takes, by what is wrong with it: run by hand, with DATABASE_URL and REDIS_URL.

    python -m tests.benchmarks.bench_sign_in_timing

Prints the median of 100 tries of each over the whole request, and its ratio to a wrong password. The kinds take turns
and each try has an e-mail and an address of its own, so that nobody is throttled. Uses a database of its own.
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

TRIES = 100
TOLERANCE = 0.10
WRONG = "a wrong password"
logger = logging.getLogger(__name__)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings.test"
    os.environ.setdefault("TEST_DATABASE_NAME", "test_bench_sign_in")
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
        sys.exit(f"more than {TOLERANCE:.0%} from {WRONG}: {', '.join(far)}")


def measure() -> dict[str, list[float]]:
    """Milliseconds of each try."""
    from tests.domains.accounts.strangers import new_address, new_email, sign_in
    from tests.factories import PASSWORD, UserFactory

    def someone(*, active: bool = True) -> str:
        return str(UserFactory.create(email=new_email(), is_active=active).email)

    kinds: dict[str, Callable[[], tuple[str, str]]] = {
        WRONG: lambda: (someone(), "not this one"),
        "an unknown e-mail": lambda: (new_email(), PASSWORD),
        "a closed account": lambda: (someone(active=False), PASSWORD),
        "a password that is too long": lambda: (someone(), PASSWORD * 10),
        "the same, unknown": lambda: (new_email(), PASSWORD * 10),
    }
    spent: dict[str, list[float]] = {name: [] for name in kinds}
    sign_in(new_email(), PASSWORD, address=new_address())  # connects, compiles the query
    for _ in range(TRIES):
        for name in random.sample(list(kinds), len(kinds)):
            email, password = kinds[name]()
            address = new_address()
            started = perf_counter()
            told = sign_in(email, password, address=address)
            spent[name].append((perf_counter() - started) * 1000)
            assert told["__typename"] == "InvalidCredentialsError", told
    return spent


def report(spent: dict[str, list[float]]) -> list[str]:
    """Print them; the kinds whose median is too far from that of a wrong password."""
    base = median(spent[WRONG])
    for name, times in spent.items():
        low, _, high = quantiles(times, n=4)
        logger.info(
            "%-28s median %6.2f ms (%5.2f to %5.2f)  x%.3f", name, median(times), low, high, median(times) / base
        )
    return [name for name, times in spent.items() if abs(median(times) / base - 1) > TOLERANCE]


if __name__ == "__main__":
    main()
