"""The guides: Markdown that is read on a code host, and by ``snowflake guide`` in a terminal.

Each begins with its title and, in the paragraph below it, with what the reader will have at its
end. A guide leads to another by a relative link, so that both kinds of reader can follow it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

#: In the order in which somebody new needs them.
NAMES: Sequence[str] = (
    "authentik",
    "applications",
    "access-and-groups",
    "registered-clients",
    "sessions",
    "linked-roles",
    "reverse-proxies",
    "configuration",
    "endpoints",
    "operations",
    "security",
    "migrating",
    "speed",
    "developing",
)
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: ``aim`` is what the reader has at its end, in plain words, ``text`` all of it."""

    name: str
    title: str
    aim: str
    text: str


def read(name: str) -> Guide:
    """Answer the guide of that name, one of ``NAMES``.

    Raises:
        KeyError: there is none.
    """
    if name not in NAMES:
        raise KeyError(name)
    text = (files(__package__) / f"{name}.md").read_text("utf-8")
    title, aim, *_ = text.split("\n\n", 2)
    plain = _LINK.sub(r"\1", " ".join(aim.split()))
    return Guide(name, title.removeprefix("# "), plain, text)
