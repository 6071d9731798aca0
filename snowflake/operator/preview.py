"""What a client would get of somebody, and what each gate would say, as far as a bot can see.

Nobody signs in for it. The bot looks where it would look at a login, and at their guilds where a
login would ask for their own list. It does not see their address, their settings, or guilds that it
is not in itself: what depends on that is said to be unknown.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from snowflake.discord.bot import Bot
from snowflake.discord.models import Guild, User
from snowflake.errors import Refusal
from snowflake.oidc.expressed import looks_into
from snowflake.oidc.needs import Needs, needs_of
from snowflake.oidc.scopes import Claims, allowed, claims_of, found_by_expression, scopes_of
from snowflake.oidc.unsaid import members_of
from snowflake.people.person import Person
from snowflake.people.policies import POLICIES
from snowflake.people.policies.case import Case
from snowflake.people.policies.policy import Policy
from snowflake.people.subjects import Subjects
from snowflake.settings.client import Client

ONLY_THEIRS: Final = "only their own login tells"
#: Claims that hang on what only the person's own token shows.
PRIVATE_CLAIMS: Final = frozenset({"email", "email_verified", "locale"})
#: What only that shows of the claim ``discord``.
PRIVATE_OF_DISCORD: Final = frozenset({"locale", "mfa_enabled"})

#: Where claims by expression look that hang on it.
PRIVATE_PLACES: Final = (*((claim,) for claim in PRIVATE_CLAIMS), ("guilds", "[]", "owner"))

#: What a login comes to. What is ``undecided``, only their own login decides; ``unavailable``
#: stands for an answer of ``temporarily_unavailable``.
Verdict = Literal["let_in", "undecided", "refused", "unavailable"]


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition of the client. It lets them in, unless there is a ``refusal``.

    If the bot cannot tell, ``untold`` says why.
    """

    name: str
    refusal: Refusal | None
    untold: str = ""

    @property
    def refuses(self) -> bool:
        """Whether it is known not to let them in."""
        return self.refusal is not None and not self.untold


@dataclass(frozen=True, slots=True)
class Preview:
    """What a login would lead to.

    ``unknown`` names the claims that a bot cannot tell, ``failed`` those whose expression fails,
    and why. Because of ``unseen``, guilds that the bot is not in, a login would not get as far as
    that.
    """

    person: Person
    needs: Needs
    gates: tuple[Gate, ...]
    claims: Claims
    unknown: tuple[str, ...]
    unseen: tuple[str, ...]
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Whether they would be let in."""
        refusals = [gate.refusal for gate in self.gates if gate.refuses and gate.refusal]
        if self.unseen or (refusals and all(refusal.untold for refusal in refusals)):
            return "unavailable"
        if refusals:
            return "refused"
        return "undecided" if any(gate.untold for gate in self.gates) else "let_in"


async def preview(
    client: Client, person_id: str, bot: Bot, subjects: Subjects, now: float
) -> Preview | None:
    """Look at somebody, at a Unix time in seconds, for a client that asks for all scopes it may.

    Answers None if Discord knows nobody by that ID.

    Raises:
        TemporarilyUnavailable: Discord gave no usable answer, or refuses the bot.
    """
    names = allowed(scopes_of(client), client)
    needs = needs_of(client, names)
    user = await bot.user(person_id)
    if user is None:
        return None
    person = await _person(user, needs, bot)
    unseen = tuple(
        guild
        for guild in needs.members
        if guild not in person.members and guild not in needs.may_lack
    )
    case, sub = Case(person, client, now), subjects.find(user, client)
    named: Claims = {"sub": sub} if sub is not None else {}
    unknown = tuple(_unknown(names, client) + ([] if named else ["sub"]))
    failed = found_by_expression(person, names, client, needs.discord_scopes).failed
    return Preview(
        person,
        needs,
        gates=tuple(
            Gate(name, policy.check(case), _untold(policy, unseen))
            for name, policy in POLICIES.items()
            if getattr(client.access, name)
        ),
        claims=_told({**named, **claims_of(person, names, client, needs.discord_scopes)}, unknown),
        failed={claim: reason for claim, reason in failed.items() if claim not in unknown},
        unknown=unknown,
        unseen=unseen,
    )


async def _person(user: User, needs: Needs, bot: Bot) -> Person:
    around = {guild.id: guild for guild in await bot.guilds()}
    looked_at = (*needs.members, *(around if needs.guilds else ()))
    seen = {
        guild: await bot.member(guild, user.id)
        for guild in dict.fromkeys(looked_at)
        if guild in around
    }
    members = members_of(seen, needs)
    return Person(
        user,
        # Whether it is the bot that owns one says nothing of them.
        guilds=tuple(
            Guild(id=guild, name=around[guild].name)
            for guild, member in members.items()
            if member and needs.guilds
        ),
        members={guild: one for guild, one in members.items() if guild in needs.members},
        roles={guild: tuple(await bot.roles(guild)) for guild in needs.roles if guild in around},
        guild_names={guild: around[guild].name for guild in needs.guild_names if guild in around},
    )


def _untold(policy: Policy, unseen: tuple[str, ...]) -> str:
    if policy.needs == "own token":
        return ONLY_THEIRS
    if policy.needs == "guilds" and unseen:
        return (
            f"cannot be told: the bot is not in guild {', '.join(unseen)}; "
            "a login would answer temporarily_unavailable"
        )
    return ""


def _told(claims: Claims, unknown: Container[str]) -> Claims:
    told = {claim: value for claim, value in claims.items() if claim not in unknown}
    discord = told.get("discord")
    if isinstance(discord, dict):
        told["discord"] = {k: v for k, v in discord.items() if k not in PRIVATE_OF_DISCORD}
    return told


def _unknown(names: Iterable[str], client: Client) -> list[str]:
    scopes = scopes_of(client)
    given = [scopes[name] for name in names]
    claims = {claim for scope in given for claim in scope.claims}
    by_expression = {
        claim
        for scope in given
        for claim, text in scope.expressions.items()
        if looks_into(text, *PRIVATE_PLACES)
    }
    parts = {f"discord.{part}" for part in PRIVATE_OF_DISCORD} if "discord" in claims else set()
    return sorted(claims & PRIVATE_CLAIMS | by_expression | parts)
