"""People for demonstrations and benchmarks."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from domains.accounts.models import User
from domains.common.data.seeding import fixed_id, moment

DEMO_PASSWORD = "demo-Passw0rd!"
DEMO_PEOPLE = {
    "customer@example.com": ("Ada Customer", False),
    "other@example.com": ("Olu Other", False),
    "staff@example.com": ("Sam Staff", True),
}
BENCH_CUSTOMERS = 1_000
KIND = 1


def demo() -> str:
    """The three demo people, with the password that the README names."""
    for email, (name, is_staff) in DEMO_PEOPLE.items():
        if not User.objects.filter(email=email).exists():
            password = make_password(DEMO_PASSWORD)
            User.objects.create(email=email, name=name, is_staff=is_staff, password=password)
    return f"demo people {', '.join(DEMO_PEOPLE)}; password: {DEMO_PASSWORD}"


def bench(*, products: int, orders: int) -> str:
    """Customers who cannot sign in, but own orders."""
    people = [
        User(
            id=fixed_id(KIND, number),
            email=f"bench-{number}@example.com",
            name=f"Customer {number}",
            password="!unusable",
            created_at=moment(number),
        )
        for number in range(BENCH_CUSTOMERS)
    ]
    User.objects.bulk_create(people, batch_size=1000, ignore_conflicts=True)
    return f"{len(people)} customers"
