"""What the applications of the sandbox know of themselves and of each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Surroundings:
    """What the application says of itself and of its neighbours, by addresses.

    ``group_names`` are by the groups that they name. The second of two is not ``is_first``.
    ``television`` is the client that signs in without a browser.
    """

    name: str = "Example application"
    slogan: str = "It signs people in with OpenID Connect and shows how."
    is_first: bool = True
    other: str | None = None
    television: str | None = None
    linked_role: str | None = None
    guides: str | None = None
    group_names: Mapping[str, str] = field(default_factory=dict)
