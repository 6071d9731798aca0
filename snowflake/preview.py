"""What a client would get of somebody, and what each gate would say, as far as a bot can see.

Nobody signs in for it. The bot looks where it would look at a login, and at their guilds where a
login would ask for their own list. It does not see their address, their settings, or guilds that it
is not in itself: what depends on that is said to be unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from snowflake.discord.models import User
from snowflake.doctor.connections import Connections
from snowflake.errors import Refusal, TemporarilyUnavailable
from snowflake.oidc.needs import Needs, needs_of
from snowflake.oidc.scopes import SCOPES, Claims, claims_of
from snowflake.person import Person
from snowflake.policies import POLICIES
from snowflake.policies.case import Case
from snowflake.registry import Client

ONLY_THEIRS: Final = "only their own login tells"
#: Gates and claims that hang on what only the person's own token shows.
PRIVATE_GATES: Final = frozenset({"verified_email", "two_factor"})
PRIVATE_CLAIMS: Final = frozenset({"email", "email_verified", "locale"})
#: What only that shows of the claim ``discord``.
PRIVATE_OF_DISCORD: Final = frozenset({"locale", "mfa_enabled"})
#: Gates that hang on guilds.
GUILD_GATES: Final = frozenset(
    {
        *("any_guild", "all_guilds", "any_role", "all_roles", "no_role"),
        *("screened", "not_timed_out"),
    }
)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition of the client. It lets them in, unless there is a ``refusal``.

    If the bot cannot tell, ``untold`` says why.
    """

    name: str
    refusal: Refusal | None
    untold: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a login would lead to.

    ``unknown`` names the claims that a bot cannot tell. Because of ``unseen``, guilds that the bot
    is not in, a login would not get as far as that.
    """

    person: Person
    needs: Needs
    gates: tuple[Gate, ...]
    claims: Claims
    unknown: tuple[str, ...]
    unseen: tuple[str, ...]


Answer = TypeVar("Answer", bound=BaseModel)

_user = TypeAdapter(User)


async def preview(client: Client, person_id: str, connections: Connections) -> Preview | None:
    """Look at somebody for a client that asks for every scope that it may have.

    Answers None if Discord knows nobody by that ID.

    Raises:
        TemporarilyUnavailable: Discord gave no usable answer, or refuses the bot.
    """
    names = [name for name in SCOPES if client.allows_scope(name)]
    needs = needs_of(client, names)
    user = await _ask(f"/users/{person_id}", _user, connections)
    if user is None:
        return None
    person = await _person(user, needs, connections)
    unseen = tuple(
        guild
        for guild in needs.members
        if guild not in person.members and guild not in needs.may_lack
    )
    case = Case(person, client, connections.clock())
    return Preview(
        person,
        needs,
        gates=tuple(
            Gate(name, check(case), _untold(name, unseen))
            for name, check in POLICIES.items()
            if getattr(client.access, name)
        ),
        claims=_told(claims_of(person, names, client)),
        unknown=tuple(_unknown(names)),
        unseen=unseen,
    )


async def _person(user: User, needs: Needs, connections: Connections) -> Person:
    discord = connections.discord
    around = {guild.id: guild for guild in await discord.bot_guilds()}
    looked_at = (*needs.members, *(around if needs.guilds else ()))
    members = {
        guild: await discord.bot_member(guild, user.id)
        for guild in dict.fromkeys(looked_at)
        if guild in around
    }
    return Person(
        user,
        guilds=tuple(around[guild] for guild, member in members.items() if member and needs.guilds),
        members={guild: one for guild, one in members.items() if guild in needs.members},
        roles={
            guild: tuple(await discord.bot_roles(guild)) for guild in needs.roles if guild in around
        },
        guild_names={guild: around[guild].name for guild in needs.guild_names if guild in around},
    )


def _untold(gate: str, unseen: tuple[str, ...]) -> str:
    if gate in PRIVATE_GATES:
        return ONLY_THEIRS
    if gate in GUILD_GATES and unseen:
        return (
            f"cannot be told: the bot is not in guild {', '.join(unseen)}; "
            "a login would answer temporarily_unavailable"
        )
    return ""


def _told(claims: Claims) -> Claims:
    told = {claim: value for claim, value in claims.items() if claim not in PRIVATE_CLAIMS}
    discord = told.get("discord")
    if isinstance(discord, dict):
        told["discord"] = {k: v for k, v in discord.items() if k not in PRIVATE_OF_DISCORD}
    return told


def _unknown(names: Iterable[str]) -> list[str]:
    claims = {claim for name in names for claim in SCOPES[name].claims}
    parts = {f"discord.{part}" for part in PRIVATE_OF_DISCORD} if "discord" in claims else set()
    return sorted(claims & PRIVATE_CLAIMS | parts)


async def _ask(path: str, answer: TypeAdapter[Answer], connections: Connections) -> Answer | None:
    """Answer what Discord tells the bot; None if there is nobody."""
    try:
        response = await connections.ask_bot(path)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return answer.validate_json(response.content)
    except (httpx.HTTPError, ValidationError):
        raise TemporarilyUnavailable("Discord gave no usable answer; try again") from None
