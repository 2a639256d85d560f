"""Names in URLs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_slug
from django.utils.text import slugify

from domains.common.data.folding import identity
from domains.common.data.models import new_id
from domains.common.errors import FieldErrorCode
from domains.common.validation import Problems
from domains.products.models import Category, Product


def free_slugs(model: type[Product | Category], names: Sequence[str]) -> list[str]:
    """One for each name; with a short random end when it is taken or the name has no Latin letter."""
    wanted = [slugify(name)[:100] for name in names]
    taken = set(model._default_manager.filter(slug__in=wanted).values_list("slug", flat=True))
    slugs = []
    for slug in wanted:
        free = slug if slug and slug not in taken else f"{slug}-{new_id().hex[-8:]}".lstrip("-")
        taken.add(free)
        slugs.append(free)
    return slugs


def checked_slug(model: type[Product | Category], slug: str, own_id: UUID, problems: Problems) -> str:
    """The slug that somebody has chosen, as it is stored; what is wrong with it is a problem."""
    slug = identity(problems.text("slug", slug, most=100))
    try:
        validate_slug(slug)
    except DjangoValidationError:
        message = "Use letters, digits, hyphens and underscores only"
        problems.add("slug", message=message, code=FieldErrorCode.INVALID)
    if model._default_manager.filter(slug=slug).exclude(id=own_id).exists():
        problems.add("slug", message="This slug is taken", code=FieldErrorCode.TAKEN)
    return slug
