r"""Regular expressions that an operator writes and that strangers choose the text for.

Python's search tries one way after the other. For ``([a-z]+-?)+`` their number doubles with each
letter, so that a text of forty letters keeps the whole process busy for longer than anybody waits.
What is left after this check takes a number of steps that grows with the square of the text.
"""

import re
from typing import Final

#: Repeats (``*``, ``+``, ``{2,}``) in one expression; each multiplies the ways by the letters.
MAX_REPEATS: Final = 2

_TOKEN: Final = re.compile(
    r"\\."
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|(?P<open>\((?!\?)|\(\?(?::|=|!|<=|<!|P<\w+>))"
    r"|(?P<special>\(\?)"
    r"|(?P<close>\))"
    r"|(?P<choice>\|)"
    r"|(?P<repeat>\*|\+|(?P<option>\?)|\{(?=[0-9,])(?P<least>[0-9]*)(?P<to>,?)[0-9]*\})[?+]?"
    r"|.",
    re.DOTALL,
)


def check_repeats(expression: str) -> None:
    """Pass, if an expression that compiles can be matched against any text in good time.

    Raises:
        ValueError: it repeats what itself holds a repeat or a choice, or repeats too often.
    """
    # Whether there is more than one way through what is read, for each group that is open.
    open_groups, last_has_ways, repeats = [False], False, 0
    for token in _TOKEN.finditer(expression):
        has_ways = False
        if token["special"]:
            raise ValueError("may hold no (?…) but (?:…), a name, or a look ahead or behind")
        if token["open"]:
            open_groups.append(False)
            continue
        if token["close"]:
            has_ways = open_groups.pop()
        elif token["choice"]:
            has_ways = True
        elif token["repeat"] and not token["option"]:
            if last_has_ways:
                raise ValueError(
                    "must not repeat what itself holds a repeat or a choice, as ([a-z]+-?)+ does: "
                    "to match it could take for ever"
                )
            has_ways = not token["least"] or bool(token["to"])
            repeats += has_ways
        elif token["option"]:
            has_ways = True
        open_groups[-1] |= has_ways
        last_has_ways = has_ways
    if repeats > MAX_REPEATS:
        raise ValueError(
            f"may repeat (*, +, {{…}}) {MAX_REPEATS} times before the end of the host and "
            f"{MAX_REPEATS} times after it: to match it could take for ever"
        )
