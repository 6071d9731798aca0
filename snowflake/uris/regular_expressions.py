"""Regular expressions that an operator writes, and that strangers choose the text for.

RE2 takes a number of steps that grows with the text alone, where Python's own search tries one way
after the other and can be kept busy for ever; what RE2 cannot do in that time (looking ahead or
behind, referring to a group) it does not read.
"""

from functools import lru_cache
from typing import Final, Protocol

import re2

#: What makes a value of the configuration an expression.
PATTERN: Final = "regex:"
#: Bytes for one expression, far more than any honest one takes. What would need more is refused,
#: so that the steps for each character are few too.
_MAX_MEMORY: Final = 256 * 1024


class RegularExpression(Protocol):
    """What RE2 makes of an expression."""

    def fullmatch(self, text: str) -> object | None:
        """Answer None if a text, in ASCII, is not one that the whole expression stands for."""


@lru_cache(1024)
def compile_expression(expression: str, *, case_sensitive: bool = True) -> RegularExpression:
    """Read an expression, which is for the whole of a text.

    Raises:
        ValueError: it is none of RE2's, or would take too much.
    """
    if not expression.isascii():
        raise ValueError("may hold ASCII alone, as URIs do")
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.max_mem = _MAX_MEMORY
    # It is said to whoever wrote it, and once.
    options.log_errors = False
    options.never_capture = True
    try:
        compiled: RegularExpression = re2.compile(expression, options)
    except re2.error as error:
        raise ValueError(f"is no regular expression of RE2: {error.args[0].decode()}") from None
    return compiled
