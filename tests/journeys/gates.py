"""Every policy with a client of its own, whom of the cast it keeps out, and how Ada loses access.

She is let in everywhere, until something happens to her at Discord.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from snowflake.sandbox.discord import Membership, SimulatedDiscord
from snowflake.sandbox.discord.places import (
    ADA,
    KEEPER,
    LIGHTHOUSE,
    MUTED,
    NIGHT_SHIFT,
    SOURDOUGH,
)
from tests.journeys.registered import client, ids

HERMIT = "1180264139540275200"
INVITE = "https://discord.gg/example"


@dataclass(frozen=True)
class Gate:
    """A policy as it is ``written``, and the username of somebody whom it ``refuses``.

    ``told`` is part of what they read, None if there is nothing that they could do. ``lose`` lets
    Ada fail it too; None where nothing at Discord can. Without a bot, Discord is asked for
    ``scopes``.
    """

    written: str
    refuses: str
    told: str | None
    lose: Callable[[SimulatedDiscord], None] | None
    scopes: str = "guilds.members.read identify"


def _change(**fields: object) -> Callable[[SimulatedDiscord], None]:
    def happens(discord: SimulatedDiscord) -> None:
        # Of any type, as the fields are.
        discord.people[ADA] = replace(discord.people[ADA], **fields)  # type: ignore[arg-type]

    return happens


def _leave(*guilds: str) -> Callable[[SimulatedDiscord], None]:
    def happens(discord: SimulatedDiscord) -> None:
        for guild in guilds:
            discord.leave(ADA, guild)

    return happens


def _become(membership: Membership) -> Callable[[SimulatedDiscord], None]:
    return lambda discord: discord.join(ADA, membership)


GATES = {
    "any_guild": Gate(
        f"any_guild = {ids(LIGHTHOUSE, SOURDOUGH)}",
        "hermit",
        "You have to be a member of one of",
        _leave(LIGHTHOUSE, SOURDOUGH),
        "guilds identify",
    ),
    "all_guilds": Gate(
        f"all_guilds = {ids(LIGHTHOUSE, SOURDOUGH)}",
        "loud.lars",
        "You have to be a member of",
        _leave(SOURDOUGH),
        "guilds identify",
    ),
    "any_role": Gate(
        f"any_role = {ids(KEEPER, MUTED)}",
        "tomas.by.phone",
        "You need one of",
        lambda discord: discord.take_role(ADA, LIGHTHOUSE, KEEPER),
    ),
    "all_roles": Gate(
        f"all_roles = {ids(KEEPER, NIGHT_SHIFT)}",
        "fresh.start",
        "You need",
        lambda discord: discord.take_role(ADA, LIGHTHOUSE, NIGHT_SHIFT),
    ),
    "no_role": Gate(
        f"no_role = {ids(MUTED)}",
        "cat.fancier",
        None,
        _become(Membership(LIGHTHOUSE, roles=(KEEPER, MUTED))),
    ),
    "people": Gate(f"people = {ids(ADA)}", "hermit", None, None, "identify"),
    "no_people": Gate(f"no_people = {ids(HERMIT)}", "hermit", None, None, "identify"),
    "verified_email": Gate(
        "verified_email = true",
        "mina_maybe",
        "verified e-mail address",
        _change(verified=False),
        "email identify",
    ),
    "two_factor": Gate(
        "two_factor = true",
        "cat.fancier",
        "two-factor authentication",
        _change(mfa_enabled=False),
        "identify",
    ),
    "min_account_age": Gate('min_account_age = "30d"', "fresh.start", "too new", None, "identify"),
    "screened": Gate(
        "screened = true",
        "at.the.door",
        "Accept the rules",
        _become(Membership(LIGHTHOUSE, pending=True)),
    ),
    "not_timed_out": Gate(
        "not_timed_out = true",
        "loud.lars",
        "You are timed out",
        _become(
            Membership(LIGHTHOUSE, communication_disabled_until="2999-01-01T00:00:00.000000+00:00")
        ),
    ),
}

_ALL = "\n".join(gate.written for gate in GATES.values())
# What comes of looking again between refreshes is another matter: see test_watch.
FILE = f'[groups]\nguilds = {ids(LIGHTHOUSE)}\n\n[access]\nwatch = "0"\n{_ALL}\n' + "".join(
    client(policy, f'[clients.access]\n{gate.written}\ninvite = "{INVITE}"')
    for policy, gate in GATES.items()
)
"""All of it for Discord applications, and each policy alone for the client of its name."""
