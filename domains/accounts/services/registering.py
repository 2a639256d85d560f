"""New accounts."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.utils import timezone

from domains.accounts.errors import EmailTakenError
from domains.accounts.models import User, normalize_email
from domains.accounts.services.checking import normalize_password, validate
from domains.accounts.services.signing_in import Device, open_session
from domains.accounts.tokens import Tokens
from domains.common.transactions import short_transaction


def register(*, email: str, password: str, name: str, device: Device) -> tuple[User, Tokens]:
    """Make an account and sign it in. Raises ValidationError or EmailTakenError."""
    user = User(email=normalize_email(email), name=name.strip())
    password = normalize_password(password)
    validate(user, password)
    user.password = make_password(password)
    try:
        with short_transaction():
            user.save(force_insert=True)
            return user, open_session(user=user, device=device)
    except IntegrityError as error:
        raise EmailTakenError from error


def create_staff(*, email: str, password: str, name: str) -> User:
    """Make a staff account. Raises ValidationError or EmailTakenError."""
    user = User(email=normalize_email(email), name=name.strip(), is_staff=True, email_verified_at=timezone.now())
    password = normalize_password(password)
    validate(user, password)
    user.password = make_password(password)
    if User.objects.filter(email=user.email).exists():
        raise EmailTakenError
    user.save(force_insert=True)
    return user
