"""Messages without the values that clients sent: they end in logs and bug reports, and may be passwords."""

from __future__ import annotations

import re

from graphql import GraphQLError

_VARIABLE = re.compile(r"(Variable '\$\w+') got invalid value .*?( at '[^']+')?", re.DOTALL)
# What graphql-core says with the value in it, and what stays of it.
_QUOTES = [
    (re.compile(r"( cannot represent [^:]*): .*", re.DOTALL), r"\1."),
    (re.compile(r"(Expected value of type '[^']+'), found (?!null\.$).*", re.DOTALL), r"\1."),
    (re.compile(r"Value '.*' does not exist in", re.DOTALL), "This value does not exist in"),
    (re.compile(r"((?:found|Unexpected) (?:Block)?String) .*", re.DOTALL), r"\1."),
]


def unquoted(error: GraphQLError) -> str:
    """The message of an error of graphql-core: which variable, field and rule, but not the value."""
    message, reason = error.message, error.original_error
    if isinstance(reason, GraphQLError):
        told = _VARIABLE.fullmatch(message.removesuffix(reason.message).removesuffix("; "))
        message = f"{told[1]} got an invalid value{told[2] or ''}; {reason.message}" if told else message
    for pattern, rest in _QUOTES:
        message = pattern.sub(rest, message)
    return message
