"""What was perhaps meant by a line that is no TOML."""

import re
from collections.abc import Sequence
from typing import Final

_HEADER: Final = re.compile(r"\s*\[(?P<list>\[)?\s*(?P<name>[A-Za-z0-9_. -]+?)\s*\]")
#: Text in its quotes, and a comment; neither says anything of what is wrong beside it.
_QUOTED: Final = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'[^']*'|#.*""")
_CURLY: Final = re.compile("[\u2018-\u201f\u00ab\u00bb`]")
_SWITCH: Final = re.compile(r"=\s*(?:true|false|yes|no|on|off)\s*$", re.IGNORECASE)
#: Text without its quotes, or a number that goes on as a word, as in 30d.
_BARE: Final = re.compile(r"[=\[,]\s*[0-9.:-]*[^\s0-9\[\]{},=+.:-]")
#: A number that goes on as another, as an IP address does.
_NUMBERS: Final = re.compile(r"=\s*[0-9]+\.[0-9]+\.")

_UNCLOSED: Final = "; text has a quote at both ends"
#: How the parser's words begin -> what to do, where the line need not be looked at.
_BY_MESSAGE: Final = {
    "Unescaped": "; in single quotes a backslash is left alone",
    "Invalid hex value": "; in single quotes a backslash is left alone",
    "Illegal character": _UNCLOSED,
    "Expected '='": "",
}


def hint_for_syntax(lines: Sequence[str], number: int, message: str) -> str:
    """Answer what to do about a line, as the end of a sentence; or nothing.

    ``number`` is the line's, from 1 on, and ``message`` what the parser said. Nothing of the line
    is repeated but the names of tables, since there may be a secret in it.
    """
    line = lines[number - 1]
    header = _HEADER.match(line)
    if header is not None:
        return _hint_for_order(lines[: number - 1], header)
    for begins, hint in _BY_MESSAGE.items():
        if message.startswith(begins):
            return hint
    return _hint_for_value(_QUOTED.sub("", line))


def _hint_for_value(bare: str) -> str:
    """Answer what is wrong with the value in a line that has lost all that is well quoted."""
    if _CURLY.search(bare):
        return "; quotes have to be straight ones"
    if '"' in bare or "'" in bare:
        return _UNCLOSED
    # A line inside a list has no sign of equality; a table in one line has several.
    value = bare[bare.find("=") :] if "=" in bare else f"[{bare}"
    if _SWITCH.match(value):
        return "; it is true or false, in lower case"
    is_text = _BARE.match(value) or _NUMBERS.match(value)
    in_list = value.startswith(("=", "[")) and "{" not in value and _BARE.search(value)
    return "; text stands in quotes" if is_text or in_list else ""


def _hint_for_order(before: Sequence[str], header: re.Match[str]) -> str:
    """Answer which table stands above a header and should not."""
    name = header["name"]
    for number, line in enumerate(before, 1):
        other = _HEADER.match(line)
        if other is None:
            continue
        if other["name"] == name and not other["list"]:
            twice = f"; line {number} has to be [[{name}]] too"
            return twice if header["list"] else f"; it stands in line {number} already"
        if header["list"] and other["name"].startswith(f"{name}."):
            below = f"has to stand below the [[{name}]] that it is for"
            return f"; [{other['name']}] in line {number} {below}"
    return ""
