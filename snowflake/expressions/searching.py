"""What an expression finds, within bounds of its work.

A few characters can ask for the work of a lifetime: ``[@,@][]`` doubles a list, and stands a
hundred times in one expression. So each step is counted, and so is how much each value that an
expression makes would be if it were written down.
"""

from typing import Any, Final

from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

#: Steps of a search: one for each part of the expression each time that it is gone through, and
#: one for each value in what it makes or compares.
MAX_STEPS: Final = 50_000
#: Characters that count as one step.
_CHARACTERS: Final = 16
#: What makes a value of others, which may stand in it several times.
_MAKERS: Final = frozenset({"multi_select_list", "multi_select_dict"})
#: Functions that do not look into what they are given, or no deeper than their results show.
_LIGHT: Final = frozenset(
    {
        *("length", "type", "not_null", "to_array", "keys", "values", "reverse", "merge"),
        *("map", "sort_by", "max_by", "min_by"),
    }
)


class Unsearchable(ValueError):
    """An expression does not fit what it is searched for in, or takes too many steps."""


# What is searched, and what is found, may be anything that JSON holds.
def search(expression: ParsedResult, data: Any, steps: int = MAX_STEPS) -> Any:
    """Answer what an expression finds in some data; None if that is nothing.

    Raises:
        Unsearchable: a function was given what it does not take, or it takes more than so many
            ``steps``.
    """
    try:
        return _Interpreter(steps).visit(expression.parsed, data)
    except Unsearchable:
        raise
    except (
        *(JMESPathError, ArithmeticError, AttributeError, TypeError, ValueError),
        *(MemoryError, RecursionError),
    ) as error:
        # The library checks the types of arguments, but not all that may be in a list. Its words
        # would repeat what was searched.
        raise Unsearchable("does not fit what it is searched for in") from error


class _Interpreter(TreeInterpreter):
    """The library's interpreter, which counts."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    # Nodes and values are the library's.
    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._pay(1)
        found = super().visit(node, *args, **kwargs)
        if node["type"] in _MAKERS:
            self._pay_for(found)
        elif node["type"] == "flatten" and found is not None:
            self._pay(len(found))
        return found

    def visit_comparator(self, node: Any, value: Any) -> Any:
        sides = [self.visit(side, value) for side in node["children"]]
        for side in sides:
            if isinstance(side, list | dict | str):
                self._pay_for(side)
        known = [{"type": "literal", "value": side, "children": []} for side in sides]
        of_known: Any = {**node, "children": known}
        return super().visit_comparator(of_known, value)

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        name, given = node["value"], [self.visit(part, value) for part in node["children"]]
        if name not in _LIGHT:
            self._pay_for(given)
        if name == "join" and isinstance(given[0], str) and isinstance(given[1], list):
            self._pay(len(given[0]) * len(given[1]) // _CHARACTERS)
        found = self._functions.call_function(name, given)  # type: ignore[attr-defined]
        if name in {"merge", "to_string", "join"}:
            self._pay_for(found)
        return found

    def _pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Unsearchable("takes too many steps")

    def _pay_for(self, value: Any) -> None:
        """Count what is in a value, each time that it is in there."""
        waiting: list[Any] = [value]
        while waiting:
            one = waiting.pop()
            self._pay(1 + len(one) // _CHARACTERS if isinstance(one, str) else 1)
            if isinstance(one, dict):
                waiting.extend(one.values())
            elif isinstance(one, list):
                waiting.extend(one)
