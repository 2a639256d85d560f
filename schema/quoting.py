"""Messages without the values that clients sent: they end in logs and bug reports, and may be passwords."""

from __future__ import annotations

import re

from graphql import GraphQLError

_VARIABLE = re.compile(r"(Variable '\$\w+') got invalid value .*?( at '[^']+')?", re.DOTALL)
# What graphql-core says before a value, which goes on to the end of the message.
_QUOTE = re.compile(
    r"( cannot represent [^:]*): "
    r"|(Expected value of type '[^']+'), found (?!null\.$)"
    r"|((?:found|Unexpected) (?:Block)?String) "
)
BEGINNING = 500  # characters in which that stands, if anywhere: a value may be long, and made to look like it
_NO_VALUE, _NO_FIELD = "' does not exist in ", "' is not defined by type "


def unquoted(error: GraphQLError) -> str:
    """The message of an error of graphql-core: which variable, field and rule, but not the value."""
    message, reason = error.message, error.original_error
    if isinstance(reason, GraphQLError):
        told = _VARIABLE.fullmatch(message.removesuffix(reason.message).removesuffix("; "))
        if told:
            return f"{told[1]} got an invalid value{told[2] or ''}; {_without_value(reason.message)}"
    return _without_value(message)


def _without_value(message: str) -> str:
    if message.startswith("Value '") and _NO_VALUE in message:
        return f"This value does not exist in {message.rpartition(_NO_VALUE)[2]}"
    if message.startswith("Field '") and _NO_FIELD in message:
        name, _, kind = message.rpartition(_NO_FIELD)
        return f"{name[:BEGINNING]}{_NO_FIELD}{kind}"
    quote = _QUOTE.search(message, 0, BEGINNING)
    return f"{message[: quote.start()]}{quote[1] or quote[2] or quote[3]}." if quote else message
