"""Why an HTTP request is refused before anything is executed."""

from __future__ import annotations


class RequestProblem(Exception):
    """The HTTP request holds no GraphQL request that is carried out.

    `lenient`: it is well-formed, and only what it asks for is refused: 200 under application/json, as the
    specification has it.
    """

    def __init__(self, message: str, *, status: int = 400, code: str = "BAD_REQUEST", lenient: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.lenient = lenient
