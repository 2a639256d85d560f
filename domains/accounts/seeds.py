"""People for demonstrations."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from domains.accounts.models import User

DEMO_PASSWORD = "demo-Passw0rd!"
DEMO_PEOPLE = {
    "customer@example.com": ("Ada Customer", False),
    "other@example.com": ("Olu Other", False),
    "staff@example.com": ("Sam Staff", True),
}


def demo() -> str:
    """The three demo people, with the password that the README names."""
    for email, (name, is_staff) in DEMO_PEOPLE.items():
        if not User.objects.filter(email=email).exists():
            password = make_password(DEMO_PASSWORD)
            rights = {"is_staff": is_staff, "email_verified_at": timezone.now()}
            User.objects.create(email=email, name=name, password=password, **rights)
    return f"demo people {', '.join(DEMO_PEOPLE)}; password: {DEMO_PASSWORD}"
