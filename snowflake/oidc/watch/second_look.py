"""A second look at somebody who is signed in: whether the gates would still let them in.

A bot looks, and judges by what it sees for certain. What only the person's own token tells is left
to their next refresh, and a guild into which the bot cannot look ends nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from snowflake.concurrency.deadline import deadline
from snowflake.discord.bot import Bot
from snowflake.discord.models import Member, User
from snowflake.errors import TemporarilyUnavailable
from snowflake.oidc.needs import Needs, needs_of
from snowflake.oidc.unsaid import members_of
from snowflake.people.person import Person
from snowflake.people.policies import POLICIES, refusals
from snowflake.settings.client import Client
from snowflake.state.discord_cache import Remembered
from snowflake.state.memberships import Memory

#: Seconds for all lookups of one person, waits for Discord's limits included.
PATIENCE: Final = 5.0

Seen = Mapping[str, Remembered[Member | None]]


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at somebody has shown.

    ``refused`` are the clients that would not let them in, with the conditions that do not hold.
    It counts as if it had been ``age`` seconds ago, where some of it was remembered. ``missed`` is
    set if a client could not be judged by its guilds, and ``outage`` if that is no matter of one
    guild or person.
    """

    refused: tuple[tuple[Client, tuple[str, ...]], ...]
    age: float = 0
    missed: bool = False
    outage: TemporarilyUnavailable | None = None


def guilds_of(clients: Iterable[Client]) -> dict[str, float]:
    """Answer the guilds that the gates of clients look into, and every how many seconds."""
    watches: dict[str, float] = {}
    for client in clients:
        every = client.access.watch.total_seconds()
        for guild in _needs(client).members:
            watches[guild] = min(every, watches.get(guild, every))
    return watches


async def look_at(
    person: str, clients: Iterable[Client], memory: Memory, bot: Bot, now: float
) -> Look:
    """Look at somebody for those clients of theirs that are watched, at a Unix time in seconds.

    Each guild is asked once, however many clients there are, and not at all if a login or a refresh
    has asked lately: in the first half of the time after which somebody looks again.

    Raises:
        TemporarilyUnavailable: the store cannot be reached.
    """
    clients = tuple(clients)
    watches = guilds_of(clients)
    seen: dict[str, Remembered[Member | None]] = {}
    outage = None
    with deadline(PATIENCE):
        for guild, every in watches.items():
            try:
                seen[guild] = await memory.bot_member_lately(guild, person, every / 2)
            except TemporarilyUnavailable as failure:
                if not failure.answered and not bot.is_refused(guild):
                    outage = failure
                    break
    judged = [_judged(person, client, seen, now) for client in clients]
    shortest = min(watches.values(), default=0)
    # A guild that is asked less often may be remembered for longer.
    ages = (one.age - (watches[guild] - shortest) for guild, one in seen.items())
    return Look(
        refused=tuple((one.client, one.refused) for one in judged if one.refused),
        age=max([0.0, *ages]),
        missed=not all(one.saw_guilds for one in judged),
        outage=outage,
    )


class _Judged(NamedTuple):
    """The conditions of a client that certainly do not hold, and whether its guilds were seen."""

    client: Client
    refused: tuple[str, ...]
    saw_guilds: bool


def _judged(person: str, client: Client, seen: Seen, now: float) -> _Judged:
    members = _members(client, seen)
    somebody = Person(User(id=person), members=members or {})
    kinds = {"id"} if members is None else {"id", "guilds"}
    names = (refusal.policy for refusal in refusals(somebody, client, now))
    certain = tuple(name for name in names if POLICIES[name].needs in kinds)
    return _Judged(client, certain, saw_guilds=members is not None)


def _members(client: Client, seen: Seen) -> Mapping[str, Member | None] | None:
    """Answer what somebody is in the guilds of a client; None unless all is said of all of them."""
    needs = _needs(client)
    if not seen.keys() >= set(needs.members):
        return None
    try:
        return members_of({guild: seen[guild].answer for guild in needs.members}, needs)
    except TemporarilyUnavailable:
        return None


def _needs(client: Client) -> Needs:
    """Answer what its gates alone need: no claim is made of it."""
    return needs_of(client, ())
