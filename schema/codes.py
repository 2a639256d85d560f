"""The codes of top-level errors: what each means, and what a client does about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """`status` as sent under application/graphql-response+json; application/json has 200 for what is in parentheses."""

    status: str
    meaning: str
    advice: str


CODES: dict[str, Code] = {
    "BAD_REQUEST": Code(
        "400, 404-406, 413, 415, 400 (200) for `operationName`",
        "The HTTP request holds no GraphQL request: method, address, headers, JSON or its size. Or `operationName` "
        "names no operation of the document.",
        "Mend the client; the message says what was expected.",
    ),
    "GRAPHQL_PARSE_FAILED": Code(
        "400 (200)",
        "The document is not GraphQL, or has more than 5,000 tokens or lines or 100,000 characters.",
        "Mend the document; `locations` says where.",
    ),
    "GRAPHQL_VALIDATION_FAILED": Code(
        "400 (200)",
        "The document does not fit the schema.",
        "Generate the client's types again; `locations` says where.",
    ),
    "BAD_USER_INPUT": Code(
        "400 (200), 200 at a field",
        "A variable or an argument does not fit its type or range.",
        "Correct the value; nothing was written.",
    ),
    "QUERY_TOO_COMPLEX": Code(
        "400 (200)",
        "More depth, fields or cost than one request may ask for; `limit`, `measured` and `allowed` say what.",
        "Ask for smaller pages or fewer fields, or send several requests.",
    ),
    "PERSISTED_QUERY_NOT_FOUND": Code(
        "400 (200)",
        "No document is known under this hash or `documentId`.",
        "Send the hash together with the query, as Apollo's and urql's links do; import trusted documents first.",
    ),
    "UNAUTHENTICATED": Code(
        "401 (200), 200 at a field",
        "Nobody is signed in, or the access token is not valid any more.",
        "Call `refreshToken` once and repeat the request; sign in when that is refused.",
    ),
    "FORBIDDEN": Code(
        "200 at a field, 403",
        "The viewer may not do this, or only trusted documents are executed here.",
        "Do not repeat it; offer it to staff only, or import the document.",
    ),
    "INVALID_CURSOR": Code(
        "200 at a field",
        "A cursor was made under another ordering or filter, or was changed.",
        "Start again without `after` and `before`.",
    ),
    "RATE_LIMITED": Code(
        "200",
        "Too many attempts or open streams; `retryAfterSeconds` and Retry-After say when another is welcome.",
        "Wait that long, then repeat; close a stream before opening another.",
    ),
    "SERVICE_UNAVAILABLE": Code(
        "503, 503 (200) when no field could be read, 200 at a field",
        "The database or the service is away or busy.",
        "Repeat after Retry-After seconds; with an idempotency key nothing happens twice.",
    ),
    "INTERNAL_SERVER_ERROR": Code(
        "500, 200 at a field",
        "Our fault. What happened is in our log under the `requestId`.",
        "Repeat once; then report the `requestId`.",
    ),
}
