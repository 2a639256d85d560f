"""What the product does: one folder a domain.

A domain may import those named before it, never one named after it. This tuple is the only list of
domains: installed apps, the schema merge, URL routes, seeds and the import contracts all loop over it.
"""

from __future__ import annotations

DOMAINS: tuple[str, ...] = ("common", "operations", "accounts", "products", "payments", "orders")
