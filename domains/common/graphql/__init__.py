"""What every domain's GraphQL types are made of: ids, scalars, connections and pages, loaders, permissions, failures.

A domain declares a type with `types.entity`, a relation with a loader of `loaders`, a list with `connections` and
`paging`, who may call a field with `permissions`, and how a mutation can fail with `errors`.
"""

from __future__ import annotations

import ctypes.util

# At its import strawberry_django looks for GDAL, which nothing here uses, by starting ldconfig and ld 48 times: 0.4 s.
_find_library = ctypes.util.find_library
ctypes.util.find_library = lambda name: None
import strawberry_django  # noqa: E402, F401

ctypes.util.find_library = _find_library
