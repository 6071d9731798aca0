"""What a policy is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case


@dataclass(frozen=True, slots=True)
class Policy:
    """A condition. ``check`` answers why it does not hold; None if it does.

    ``needs`` is what it judges by: a person's ID, what they are in guilds, or what Discord tells
    with their own token alone.
    """

    check: Callable[[Case], Refusal | None]
    needs: Literal["id", "guilds", "own token"]
