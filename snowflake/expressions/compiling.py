"""Expressions that may stand in the configuration."""

import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult
from pydantic import AfterValidator, Field

#: Characters of an expression. The parser goes deeper with each parenthesis, and not without end.
MAX_EXPRESSION: Final = 1000
#: Levels of one. Whoever goes through it goes as deep, at a login from deep inside already.
MAX_LEVELS: Final = 100
#: Expressions that are kept compiled: more than any configuration has.
KEPT: Final = 4096

# A node of the syntax tree holds values of any type.
Node = Mapping[str, Any]


@lru_cache(KEPT)
def compiled(text: str) -> ParsedResult:
    """Answer a JMESPath expression, ready to be searched with.

    Raises:
        ValueError: it is none, goes too deep, or calls a function that JMESPath does not have.
    """
    try:
        with warnings.catch_warnings():
            # Text in backticks without quotes is JMESPath as it once was, and still understood.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            expression = jmespath.compile(text)
        _check(expression.parsed)
    except (JMESPathError, RecursionError) as error:
        # The library draws over several lines where the fault is.
        place = getattr(error, "lex_position", None)
        where = f" at column {place + 1}" if isinstance(place, int) else ""
        raise ValueError(f"is no JMESPath expression: there is a fault{where}") from None
    return expression


def _check(node: Node, level: int = 1) -> None:
    if level > MAX_LEVELS:
        raise ValueError(f"goes deeper than {MAX_LEVELS} levels")
    if node["type"] == "function_expression":
        _check_call(node["value"], len(node["children"]))
    for child in parts_of(node):
        _check(child, level + 1)


def _check_call(name: str, given: int) -> None:
    function = Functions.FUNCTION_TABLE.get(name)
    if function is None:
        raise ValueError(f"calls {name}, which is no function of JMESPath")
    takes = function["signature"]
    has_more = bool(takes) and takes[-1].get("variadic", False)
    if given < len(takes) or (given > len(takes) and not has_more):
        raise ValueError(f"calls {name} with {given} arguments; it takes {len(takes)}")


def parts_of(node: Node) -> Iterator[Node]:
    """Answer the expressions of which one is made. The bounds of a slice are numbers."""
    return (child for child in node["children"] if isinstance(child, dict))


def _expression(text: str) -> str:
    compiled(text)
    return text


Expression = Annotated[str, Field(max_length=MAX_EXPRESSION), AfterValidator(_expression)]
