"""Why somebody may not sign in, and what the page tells them of it.

The sentences themselves are in ``people/policies``, each beside its condition.
"""

from dataclasses import dataclass
from typing import ClassVar

from snowflake.errors.login_pages import Back
from snowflake.errors.root import SnowflakeError


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not sign in.

    ``policy`` is its name in the log, ``sentence`` tells the person what failed and what to do.
    It is ``solvable`` if they can do something about it or wait, ``by_joining`` if that begins
    with joining a guild. Where the sentence asks for just that, ``guilds`` are the IDs of those
    that would do: one of them, or ``every`` one. It is ``untold`` if it may be otherwise, and
    Discord has only not said so.
    """

    policy: str
    sentence: str
    solvable: bool = True
    by_joining: bool = False
    guilds: frozenset[str] = frozenset()
    every: bool = False
    untold: bool = False

    def is_told_by(self, other: "Refusal") -> bool:
        """Whether whoever does what another sentence asks for has joined what this one asks for."""
        if not self.guilds or self.every or not other.guilds:
            return False
        return bool(other.guilds & self.guilds) if other.every else other.guilds <= self.guilds


@dataclass(frozen=True, slots=True)
class Denial:
    """What a person who is not let in can be told.

    ``application`` is what people know it by and ``account`` their username at Discord.
    ``another_account`` is the address of Discord's page for this same login, ``back`` the
    application's own with the error ``access_denied``, and ``invite`` leads into a guild. The
    first two are not there for somebody who would let a ``device`` sign in: it has been told.
    """

    refusals: tuple[Refusal, ...]
    application: str
    account: str
    another_account: str | None
    back: Back | None
    invite: str | None = None
    device: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the person is told, no guild twice."""
        told: list[Refusal] = []
        # What asks for most comes first, and makes what asks for less superfluous.
        for refusal in sorted(self.refusals, key=lambda one: (not one.every, len(one.guilds))):
            if not any(refusal.is_told_by(other) for other in told):
                told.append(refusal)
        return tuple(refusal.sentence for refusal in self.refusals if refusal in told)

    @property
    def policies(self) -> str:
        """The names of the conditions that do not hold, for the log."""
        return ", ".join(refusal.policy for refusal in self.refusals)


class LoginDenied(SnowflakeError):
    """A person who may not sign in, and can do something about it."""

    status: ClassVar[int] = 403

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.policies)
        self.denial = denial
