from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from tests.tools.graphiql import build

SCHEMA = build.FOLDER.parents[1] / "schema" / "schema.graphql"
SAMPLES = sorted((build.FOLDER / "src" / "operations").glob("*.graphql"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_operation_is_valid(sample: Path) -> None:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert validate(schema, parse(sample.read_text(encoding="utf-8"))) == []
