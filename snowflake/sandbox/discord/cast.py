"""The people of the simulated Discord."""

from datetime import UTC, datetime
from typing import Final

from snowflake.sandbox.discord.people import Membership, Person
from snowflake.sandbox.discord.places import (
    ADA,
    BAKER,
    BOOSTER,
    CATS,
    COLLECTED,
    COLLECTOR,
    HOSTILE_ROLES,
    IMPOSTOR,
    IMPOSTOR_KEEPER,
    KEEPER,
    LIGHTHOUSE,
    MAPS,
    MUTED,
    NIGHT_SHIFT,
    NOOR,
    SOURDOUGH,
    SYNTHS,
    TRAINS,
)

PENDING: Final = "884325517602238464"
TIMED_OUT: Final = "713904468220870656"
FANCIER: Final = "640172903311507456"

DAY: Final = 86_400
EPOCH_MS: Final = 1_420_070_400_000
"""Where the times in Discord's IDs begin: 2015, in milliseconds since 1970."""

CAST = (
    Person(
        ADA,
        "ada.lindqvist",
        "An ordinary account with a picture and three guilds, one of them her own.",
        global_name="Ada Lindqvist",
        avatar="8342729096ea3675442027381ff50dfe",
        accent_color=0x0B6B5D,
        email="ada@example.com",
        verified=True,
        locale="sv-SE",
        mfa_enabled=True,
        guilds=(LIGHTHOUSE, TRAINS, SOURDOUGH),
        memberships=(
            Membership(LIGHTHOUSE, roles=(KEEPER, NIGHT_SHIFT), nick="Keeper Ada"),
            Membership(SOURDOUGH, roles=(BAKER,)),
        ),
    ),
    Person(
        NOOR,
        "noor_ibrahim",
        "Animated picture; a name with emoji that runs right to left; guilds with odd names.",
        global_name="نور ✨ الخريطة 🗺️",
        avatar="a_d5efa99b3eeaa7dd43acca82f5692432",
        banner="06c16474723fe537c283b8efa61a30c8",
        email="noor@example.org",
        verified=True,
        locale="ar",
        premium_type=2,
        guilds=(SYNTHS, CATS, MAPS),
    ),
    Person(
        "80351110224678912",
        "Walter B.",
        "From 2015: an old name with its number, no display name, no picture.",
        discriminator="0042",
        email="walter@example.net",
        verified=True,
        guilds=(TRAINS,),
    ),
    Person(
        "1034775822118879232",
        "mina_maybe",
        "Has never confirmed her email address, and it is somebody else's.",
        global_name="Mina, perhaps",
        avatar="3c6f1e9a5b7d4e02a8b9c4d1f2036587",
        email="ada@example.com",
        guilds=(SOURDOUGH,),
    ),
    Person(
        "951437208843669504",
        "tomas.by.phone",
        "Registered by telephone: no email address at all.",
        global_name="Tomás",
        avatar="f1c2b3a4958677665544332211009988",
        locale="pt-BR",
        guilds=(LIGHTHOUSE, SYNTHS),
    ),
    Person(
        "1180264139540275200",
        "hermit",
        "In no guild.",
        global_name="The Hermit",
        email="hermit@example.com",
        verified=True,
        locale="fi",
    ),
    Person(
        COLLECTOR,
        "collector",
        "In two hundred guilds, the most that Discord allows.",
        global_name="The Collector",
        avatar="77aa88bb99cc00dd11ee22ff33445566",
        email="collector@example.com",
        verified=True,
        locale="en-GB",
        premium_type=2,
        guilds=tuple(guild.id for guild in COLLECTED),
    ),
)
"""The people of whom nothing depends on the day. The first is who signs in if nobody is named."""


def people_at(now: float) -> tuple[Person, ...]:
    """Return everybody who comes with the sandbox: the cast, and who is there for the gates.

    ``now`` is when the simulation begins, in seconds since the epoch: one of them has an account
    that is then three days old, and one is timed out for another seven.
    """
    registered = now - 3 * DAY
    return (
        *CAST,
        Person(
            account_id(registered),
            "fresh.start",
            "An account that is three days old, in a guild with a role there.",
            global_name="Fresh Start",
            email="fresh@example.com",
            verified=True,
            mfa_enabled=True,
            guilds=(LIGHTHOUSE,),
            memberships=(Membership(LIGHTHOUSE, roles=(KEEPER,), joined_at=_iso(now - DAY)),),
        ),
        Person(
            PENDING,
            "at.the.door",
            "Has joined a guild, but not yet agreed to its rules (membership screening).",
            global_name="At the Door",
            avatar="9a1c0f4e7d3b4c2f8a6e5b0d1c2f3e4a",
            email="door@example.com",
            verified=True,
            mfa_enabled=True,
            guilds=(LIGHTHOUSE,),
            memberships=(Membership(LIGHTHOUSE, pending=True, joined_at=_iso(now - DAY)),),
        ),
        Person(
            TIMED_OUT,
            "loud.lars",
            "Timed out in a guild for a week, where he has a role.",
            global_name="Loud Lars",
            avatar="0be4d9c87a6f4e53b2a1908f7e6d5c4b",
            email="lars@example.com",
            verified=True,
            locale="da",
            mfa_enabled=True,
            guilds=(LIGHTHOUSE,),
            memberships=(
                Membership(
                    LIGHTHOUSE,
                    roles=(KEEPER,),
                    communication_disabled_until=_iso(now + 7 * DAY),
                ),
            ),
        ),
        Person(
            FANCIER,
            "cat.fancier",
            "No two-factor; muted; roles with names that are traps; a guild that poses as another.",
            global_name='admins:Keeper, "root"',
            avatar="e1d2c3b4a5968778695a4b3c2d1e0f11",
            email="fancier@example.com",
            verified=True,
            guilds=(LIGHTHOUSE, CATS, IMPOSTOR),
            memberships=(
                Membership(LIGHTHOUSE, roles=(MUTED, BOOSTER), premium_since=_iso(now - 30 * DAY)),
                Membership(
                    CATS,
                    roles=tuple(role.id for role in HOSTILE_ROLES),
                    nick="\u202eadA\u202c 🐾 <b>",
                    avatar="a_4f3e2d1c0b9a88776655443322110f0e",
                ),
                Membership(IMPOSTOR, roles=(IMPOSTOR_KEEPER,)),
            ),
        ),
    )


def account_id(registered: float) -> str:
    """Return the ID of an account made at a time, in seconds since 1970: a snowflake has it."""
    return str((int(registered * 1000) - EPOCH_MS) << 22)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
