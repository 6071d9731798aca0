"""Places in a document, whatever stands there."""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

#: Keys on the way from the root of a document; ``ELEMENT`` stands for each element of a list.
Path = tuple[str, ...]
ELEMENT: Final = "[]"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document.

    ``among`` are the IDs of those elements of the first list on the way that matter, None for all.
    """

    path: Path
    among: frozenset[str] | None = None

    def below(self, key: str) -> "Place":
        """Answer the place that is a key further."""
        return replace(self, path=(*self.path, key))


class Look(NamedTuple):
    """Something that an expression looks at: a place, and whether all that is in it matters.

    Else it matters only that something is there.
    """

    place: Place
    whole: bool
