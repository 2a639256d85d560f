"""Messages without the values that clients sent: they end in logs and bug reports, and may be passwords."""

from __future__ import annotations

import re

from graphql import GraphQLError

_VARIABLE = re.compile(r"(Variable '\$\w+') got invalid value .*?( at '[^']+')?", re.DOTALL)
# What graphql-core says with the value in it. One pattern, whose first match takes the value too: several would look
# for the others inside the value, in a time that grows with the square of its length.
_QUOTE = re.compile(
    r"( cannot represent [^:]*): .*"
    r"|(Expected value of type '[^']+'), found (?!null\.$).*"
    r"|((?:found|Unexpected) (?:Block)?String) .*"
    r"|Value '.*' does not exist in",
    re.DOTALL,
)


def unquoted(error: GraphQLError) -> str:
    """The message of an error of graphql-core: which variable, field and rule, but not the value."""
    message, reason = error.message, error.original_error
    if isinstance(reason, GraphQLError):
        told = _VARIABLE.fullmatch(message.removesuffix(reason.message).removesuffix("; "))
        message = f"{told[1]} got an invalid value{told[2] or ''}; {reason.message}" if told else message
    return _QUOTE.sub(_what_stays, message, count=1)


def _what_stays(quote: re.Match[str]) -> str:
    said = quote[1] or quote[2] or quote[3]
    return f"{said}." if said else "This value does not exist in"
