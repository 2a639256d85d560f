"""What clients ask for, and how it ends."""

from __future__ import annotations

from domains.common.measuring.instruments import counter, histogram

UNREAD = "unread"  # what was refused before it was known which operation it is
OK = "OK"
MOST_NAMES = 200  # of trusted documents, in a process

REQUESTS = histogram(
    *("request_seconds", "Seconds until an answer was ready, by operation and its first error.", "operation", "code"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
ERRORS = counter("graphql_errors", "Errors in answers.", "code")
COST = histogram(
    "query_cost", "Cost of operations that are within the limit, in units.", buckets=(10, 100, 1_000, 5_000, 25_000)
)
DOCUMENTS = counter("document_cache", "Documents whose plan was found in memory, or was not.", "result")
_names: set[str] = set()


def is_known(name: str) -> bool:
    """Whether the name of a trusted document is one of the first MOST_NAMES."""
    if len(_names) < MOST_NAMES:
        _names.add(name)
    return name in _names
