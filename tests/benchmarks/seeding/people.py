"""People for benchmarks."""

from __future__ import annotations

from domains.accounts.models import User
from tests.benchmarks.seeding.rows import fixed_id, moment

CUSTOMERS = 1_000
KIND = 1


def bench() -> str:
    """Customers who cannot sign in, but own orders."""
    people = [
        User(
            id=fixed_id(KIND, number),
            email=f"bench-{number}@example.com",
            name=f"Customer {number}",
            password="!unusable",
            created_at=moment(number),
            email_verified_at=moment(number),
        )
        for number in range(CUSTOMERS)
    ]
    User.objects.bulk_create(people, batch_size=1000, ignore_conflicts=True)
    return f"{len(people)} customers"
