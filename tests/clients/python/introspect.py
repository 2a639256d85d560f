"""Writes the introspection of a schema file: sgqlc reads nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from graphql import build_schema, introspection_from_schema

schema = build_schema(Path(sys.argv[1]).read_text())
sys.stdout.write(json.dumps(introspection_from_schema(schema)))
