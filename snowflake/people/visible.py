"""What people see of a text, above all of names that strangers choose: of guilds, roles, people."""

import unicodedata
from functools import lru_cache
from typing import Final

#: Kinds of character that nobody sees: controls, those of writing direction among other formats,
#: and halves of characters.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})
#: Formats that hold an emoji together, or letters of some languages apart.
_JOINERS: Final = frozenset("\u200c\u200d")
#: Names that are kept cleaned: those of the roles of a few guilds come with each login.
KEPT: Final = 4096


def is_seen(character: str) -> bool:
    """Whether a character, white space aside, shows anything by itself."""
    return unicodedata.category(character) not in _UNSEEN


def visible(text: str) -> str:
    """Answer a text in one line, without controls and writing directions.

    It can neither command a terminal nor turn around what stands beside it.
    """
    spaced = (" " if c.isspace() else c for c in text)
    return "".join(c for c in spaced if c in _JOINERS or is_seen(c))


@lru_cache(KEPT)
def cleaned(name: str) -> str:
    """Answer a name without controls and writing directions, and white space as one space."""
    return unicodedata.normalize("NFC", " ".join(visible(name).split()))
