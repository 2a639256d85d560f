"""Where an operation reads: queries from the replica, if there is one that may serve them, all else at the primary."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType

from domains.common.data.replica import ALIAS, reading_from, replica
from domains.common.viewer import Viewer
from schema.errors import database_is_away, took_too_long


def read(run: Callable[[], ExecutionResult], operation: OperationDefinitionNode, viewer: Viewer) -> ExecutionResult:
    """What `run` answers. A query that fails at the replica is run once more at the primary, whose errors count."""
    if not settings.DATABASE_REPLICA_URL:
        return run()
    if operation.operation is not OperationType.QUERY:
        try:
            return run()
        finally:
            replica.pin(viewer)
    if replica.serves(viewer):
        with reading_from(ALIAS):
            result = run()
        if not any(map(_is_its_fault, result.errors or ())):
            return result
    return run()


def _is_its_fault(error: GraphQLError) -> bool:
    """What took too long there would take as long at the primary."""
    cause = error.original_error
    if is_away := database_is_away(cause):
        replica.gave_up()
    return is_away or (isinstance(cause, DatabaseError) and not took_too_long(cause))
