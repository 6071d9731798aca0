"""A scope: what it asks of Discord, and which claims it gives."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace

from snowflake.people.person import Person
from snowflake.settings.client import Client

Claim = Callable[[Person, Client], object]
DiscordScopes = Callable[[Client], frozenset[str]]


def identify(_: Client) -> frozenset[str]:
    """Answer the scope of Discord without which nobody knows who somebody is."""
    return frozenset({"identify"})


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope: what it gives in words, its claims, the Discord scopes that it needs for a client.

    What it ``tells`` is said to people who are asked for their consent. A claim that there is no
    value for is None or empty. A scope that is ``always`` granted gives its claims even where
    Discord was not allowed to tell, as of somebody who is nowhere: what an application is not told
    anew it keeps. Claims by ``expressions`` come with what Discord was allowed to tell, whatever
    that is.
    """

    description: str
    tells: str
    discord: DiscordScopes = identify
    claims: Mapping[str, Claim] = field(default_factory=dict)
    always: bool = False
    expressions: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all claims that it gives."""
        return (*self.claims, *self.expressions)

    def telling(self, expressions: Mapping[str, str], words: str) -> "Scope":
        """Answer the scope with further claims by expression, of which its ``words`` tell people.

        They stand in for claims of the same name.
        """
        return replace(
            self.without(expressions),
            tells=f"{self.tells} {words}".strip(),
            expressions={**self.expressions, **expressions},
        )

    def without(self, names: Container[str]) -> "Scope":
        """Answer the scope without some claims."""
        claims = {name: claim for name, claim in self.claims.items() if name not in names}
        others = {name: text for name, text in self.expressions.items() if name not in names}
        return replace(self, claims=claims, expressions=others)
