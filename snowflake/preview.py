"""What a client would get of somebody, and what each gate would say, as far as a bot can see.

Nobody signs in for it. A bot sees what somebody is in its guilds, and what is public of them; not
their address, their settings, or their other guilds. What depends on that is said to be unknown.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from snowflake.discord.models import Member, User
from snowflake.doctor.case import Case as Connections
from snowflake.errors import Refusal, TemporarilyUnavailable
from snowflake.oidc.needs import needs_of
from snowflake.oidc.scopes import SCOPES, Claims, claims_of
from snowflake.person import Person
from snowflake.policies import POLICIES
from snowflake.policies.case import Case
from snowflake.registry import Client

#: Gates and claims that hang on what only the person's own token shows.
PRIVATE_GATES: Final = frozenset({"verified_email", "two_factor"})
PRIVATE_CLAIMS: Final = frozenset({"email", "email_verified", "locale"})


class Seen(Member):
    """A member as a bot sees them (``GET /guilds/{guild}/members/{user}``)."""

    user: User


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition of the client. Without a ``refusal`` it lets them in, if it is ``known`` to."""

    name: str
    known: bool
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a login would lead to. ``unknown`` names the claims that a bot cannot tell."""

    person: Person
    gates: tuple[Gate, ...]
    claims: Claims
    unknown: tuple[str, ...]


Answer = TypeVar("Answer", bound=BaseModel)

_seen = TypeAdapter(Seen)
_user = TypeAdapter(User)


async def preview(client: Client, person_id: str, connections: Connections) -> Preview | None:
    """Look at somebody for a client that asks for every scope that it may have.

    Answers None if Discord knows nobody by that ID.

    Raises:
        TemporarilyUnavailable: Discord gave no usable answer, or refuses the bot.
    """
    names = [name for name in SCOPES if client.allows_scope(name)]
    person = await _person(client, person_id, names, connections)
    if person is None:
        return None
    case = Case(person, client, connections.clock())
    told = {claim for name in names for claim in SCOPES[name].claims}
    claims = claims_of(person, names, client)
    return Preview(
        person,
        gates=tuple(
            Gate(name, name not in PRIVATE_GATES, check(case))
            for name, check in POLICIES.items()
            if getattr(client.access, name)
        ),
        claims={claim: value for claim, value in claims.items() if claim not in PRIVATE_CLAIMS},
        unknown=tuple(sorted(told & PRIVATE_CLAIMS)),
    )


async def _person(
    client: Client, person_id: str, names: list[str], connections: Connections
) -> Person | None:
    needs = needs_of(client, names)
    around = {guild.id: guild for guild in await connections.discord.bot_guilds()}
    found = {
        guild: await _ask(f"/guilds/{guild}/members/{person_id}", _seen, connections)
        for guild in around
    }
    there = {guild: seen for guild, seen in found.items() if seen is not None}
    user = next((seen.user for seen in there.values()), None)
    user = user or await _ask(f"/users/{person_id}", _user, connections)
    if user is None:
        return None
    return Person(
        user,
        guilds=tuple(around[guild] for guild in there),
        members={guild: found[guild] for guild in needs.members if guild in around},
        roles={
            guild: tuple(await connections.discord.bot_roles(guild))
            for guild in needs.names
            if guild in around
        },
        guild_names={guild: around[guild].name for guild in needs.guild_names if guild in around},
    )


async def _ask(path: str, answer: TypeAdapter[Answer], connections: Connections) -> Answer | None:
    """Answer what Discord tells the bot; None if there is nobody."""
    try:
        response = await connections.ask_bot(path)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return answer.validate_json(response.content)
    except (httpx.HTTPError, ValidationError):
        raise TemporarilyUnavailable("Discord gave no usable answer; try again") from None
