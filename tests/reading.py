"""How much PostgreSQL reads for what a block does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(slots=True)
class Reading:
    """Rows that scans visited, kept or not; blocks, which also tell of index entries that led to no row."""

    rows: int = 0
    blocks: int = 0
    statements: int = 0


@contextmanager
def rows_read() -> Iterator[Reading]:
    """Each SELECT of the block is run once more under EXPLAIN ANALYZE."""
    reading = Reading()

    def explained(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith(("SELECT", "WITH")):
            with connection.connection.cursor() as cursor:
                [[plan]] = cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params).fetchall()
            top = plan[0]["Plan"]
            reading.rows += _visited(top)
            reading.blocks += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
            reading.statements += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        yield reading


def _visited(node: dict[str, Any]) -> int:
    """Of a node and those below it; of a bitmap the rows in the table count, and not also its entries."""
    each = sum(node.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"))
    here = round(each * node["Actual Loops"]) if "Relation Name" in node else 0
    return here + sum(_visited(child) for child in node.get("Plans", []))
