"""Images of products: where they are, and what they show. In which sizes is the business of the host that has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from domains.common.errors import FieldErrorCode
from domains.common.validation import Flaw, Problems, checked, is_https

MAX_IMAGES = 20
MAX_URL_CHARACTERS = 2_000
MAX_ALT_CHARACTERS = 200
_TOO_MANY = f"At most {MAX_IMAGES} images"
_BETWEEN_URLS = re.compile(r",?\s+|\|")

type Stored = Mapping[str, str]  # as the column has it: the fields of an Image by name


class Image(NamedTuple):
    """An image at an https URL. `alt` is for those who do not see it, and may be empty."""

    url: str
    alt: str


def checked_url(url: str) -> tuple[str, Flaw | None]:
    """As `checked`, of an image's URL."""
    url, flaw = checked(url, most=MAX_URL_CHARACTERS)
    if flaw is None and not is_https(url):
        flaw = Flaw(FieldErrorCode.INVALID, "Must be an https URL with a host and without a user name")
    return url, flaw


def checked_images(images: Sequence[Image], known: Iterable[Stored], problems: Problems) -> list[Stored]:
    """As they are stored. A URL that the product has already is not judged again."""
    if len(images) > MAX_IMAGES:
        problems.add("images", message=_TOO_MANY, code=FieldErrorCode.TOO_LONG)
        return []
    urls = {image["url"] for image in known}
    return [_checked(image, ("images", str(place)), urls, problems) for place, image in enumerate(images)]


def _checked(image: Image, path: Sequence[str], known: set[str], problems: Problems) -> Stored:
    url, url_flaw = (image.url, None) if image.url in known else checked_url(image.url)
    alt, alt_flaw = checked(image.alt, least=0, most=MAX_ALT_CHARACTERS)
    for name, flaw in (("url", url_flaw), ("alt", alt_flaw)):
        if flaw:
            problems.add(*path, name, message=flaw.message, code=flaw.code)
    return Image(url, alt)._asdict()


def parse_images(text: str) -> tuple[str, ...]:
    """The URLs in a text, parted by spaces or bars. Raises ValueError with all reasons when they cannot be images."""
    urls = [checked_url(url) for url in _BETWEEN_URLS.split(text) if url]
    reasons = [f"{url[:100]!r}: {flaw.message}" for url, flaw in urls if flaw]
    reasons += [_TOO_MANY] if len(urls) > MAX_IMAGES else []
    if reasons:
        raise ValueError(f"images: {'; '.join(reasons)}")
    return tuple(url for url, _ in urls)


def at_urls(urls: Iterable[str], known: Iterable[Stored], alt: str) -> list[Stored]:
    """Images at these URLs, as they are stored. Those that are known say what they said before, others `alt`."""
    said = {image["url"]: image["alt"] for image in known}
    return [Image(url, said.get(url, alt))._asdict() for url in urls]
