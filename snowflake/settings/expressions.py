"""JMESPath expressions: what is searched for in claims."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult
from pydantic import AfterValidator, Field

#: Characters of an expression. The parser goes deeper with each parenthesis, and not without end.
MAX_EXPRESSION: Final = 1000


def compiled(text: str) -> ParsedResult:
    """Answer a JMESPath expression, ready to be searched with.

    Raises:
        ValueError: it is none, or calls a function that JMESPath does not have.
    """
    try:
        expression = jmespath.compile(text)
        _check_calls(expression.parsed)
    except (JMESPathError, RecursionError) as error:
        # The library draws over several lines where the fault is.
        place = getattr(error, "lex_position", None)
        where = f" at column {place + 1}" if isinstance(place, int) else ""
        raise ValueError(f"is no JMESPath expression: there is a fault{where}") from None
    return expression


# A node of the syntax tree holds values of any type.
def _check_calls(node: Mapping[str, Any]) -> None:
    if node["type"] == "function_expression":
        name, given = node["value"], len(node["children"])
        function = Functions.FUNCTION_TABLE.get(name)
        if function is None:
            raise ValueError(f"calls {name}, which is no function of JMESPath")
        takes = function["signature"]
        has_more = bool(takes) and takes[-1].get("variadic", False)
        if given < len(takes) or (given > len(takes) and not has_more):
            raise ValueError(f"calls {name} with {given} arguments; it takes {len(takes)}")
    for child in node["children"]:
        if isinstance(child, dict):
            _check_calls(child)


def _expression(text: str) -> str:
    compiled(text)
    return text


Expression = Annotated[str, Field(max_length=MAX_EXPRESSION), AfterValidator(_expression)]
