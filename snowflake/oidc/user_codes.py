"""User codes: what a device shows and a person types (RFC 8628, section 6.1).

Eight letters of which none is a vowel, so that they make no words, or looks like a digit. There are
20 to the 8th, of which all strangers together can try a thousand in the time that one is good for
(``state/quota``).
"""

import re
import secrets
from typing import Final

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
#: The parameter of our page, and its field, that holds a code.
USER_CODE: Final = "user_code"
_CODE = re.compile(f"[{LETTERS}]{{{LENGTH}}}")


def new_user_code() -> str:
    """Make a code, as it is kept."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def shown(code: str) -> str:
    """Answer a code as people are shown it."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def typed(text: str) -> str | None:
    """Read what somebody has typed, in any case, with hyphens and blanks or without.

    Answers None if it can be no code.
    """
    code = "".join(character for character in text.upper() if character.isalnum())
    return code if _CODE.fullmatch(code) else None
