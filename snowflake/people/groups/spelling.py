"""The letters of names: which names look alike, and which signs keep them apart."""

import re
import unicodedata
from functools import lru_cache
from string import Formatter
from typing import Final

from snowflake.people.visible import is_seen

_MARKS: Final = frozenset({"Mn", "Me"})
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ID: Final = re.compile(r"[0-9]{15,20}")


@lru_cache(4096)
def alike(name: str) -> str:
    """Answer the same for all names that people, or applications, may take for one another."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(c for c in folded if c.isspace() or _stands_out(c))
    return " ".join(unicodedata.normalize("NFKC", seen).split())


# A hundred characters may stand for eighteen each, in the names of hundreds of roles: but they are
# few different ones, and each is looked at once.
@lru_cache(4096)
def _stands_out(character: str) -> bool:
    # Databases often compare without accents; and some letters are blank.
    is_mark = unicodedata.category(character) in _MARKS
    return is_seen(character) and not is_mark and character not in _BLANK


def reads_as_id(name: str) -> bool:
    """Whether a name looks like one of Discord's IDs."""
    return _ID.fullmatch(alike(name)) is not None


@lru_cache(64)
def separators(template: str) -> str:
    """Answer the characters by which a template keeps its fields apart.

    They are the signs between two fields, or the white space if there is no sign.
    """
    parts = list(Formatter().parse(template))
    between = "".join(literal for literal, field, *_ in parts[1:] if field is not None)
    signs = "".join(c for c in between if not c.isalnum() and not c.isspace())
    return signs or "".join(c for c in between if c.isspace())


def without(characters: str, name: str) -> str:
    """Answer a name that holds none of these characters; each is another sign instead."""
    if not characters:
        return name
    other = next((sign for sign in "_-.~" if sign not in characters), "")
    return "".join(other if c in characters else c for c in name)
