"""Every way to write the claim ``groups``, with a client of its own, and what somebody gets there.

Worked out by hand.
"""

from dataclasses import dataclass

from snowflake.sandbox.discord.cast import FANCIER
from snowflake.sandbox.discord.places import (
    ADA,
    BOOSTER,
    CATS,
    HOSTILE_ROLES,
    IMPOSTOR,
    KEEPER,
    LIGHTHOUSE,
    MUTED,
    NIGHT_SHIFT,
    SOURDOUGH,
    TRAINS,
)
from tests.journeys.registered import client, ids
from tests.journeys.relying_party import Json


@dataclass(frozen=True)
class Shape:
    """A table as it is ``written``, and the ``groups`` of a ``person``, by ID."""

    written: str
    groups: list[str] | list[Json]
    person: str = ADA


#: Quotes are no colon, and stay.
CATS_NAME = 'Cats, "Dogs" & <Others>'
KEEPER_NAME, NIGHT_SHIFT_NAME = "Lighthouse Keepers:Keeper", "Lighthouse Keepers:Night Shift"
HOSTILE_IDS = [role.id for role in HOSTILE_ROLES]
ROLES = 'include = ["roles"]\n'
NAMED = 'shape = "name"\n'
#: What is left of names that somebody chose who had plans. Of those who share a name, each has its
#: ID, and of those whose name is the ID of something else, each has its own.
HOSTILE = [
    "authentik Admins",
    "Dogs_ \"all\", 'some' & <none>",
    "{guild}_{role}",
    "admins,users;root=1/../%2e%00\\",
    "snimdA",
    "🐈‍⬛ Katzen 🏳️‍🌈",
    "مدير_ القطط",
    "Whiskers" * 12 + "Cats",
]
HOSTILE_GROUPS = [
    *(f"{CATS_NAME}:{name}" for name in HOSTILE),
    *HOSTILE_IDS[8:10],
    *(f"{CATS_NAME}:{id_}" for id_ in HOSTILE_IDS[10:]),
]

SHAPES = {
    "guilds-by-ID": Shape("", [LIGHTHOUSE, TRAINS, SOURDOUGH]),
    "both-by-ID": Shape(
        'include = ["guilds", "roles"]', [LIGHTHOUSE, KEEPER, NIGHT_SHIFT, TRAINS, SOURDOUGH]
    ),
    "roles-by-name": Shape(ROLES + NAMED, [KEEPER_NAME, NIGHT_SHIFT_NAME]),
    "roles-as-objects": Shape(
        f'{ROLES}shape = "object"',
        [{"id": KEEPER, "name": KEEPER_NAME}, {"id": NIGHT_SHIFT, "name": NIGHT_SHIFT_NAME}],
    ),
    "by-templates": Shape(
        'include = ["guilds", "roles"]\nshape = "name"\n'
        'guild_name = "in {guild}"\nrole_name = "{role} @ {guild_id} ({role_id})"',
        [
            "in Lighthouse Keepers",
            f"Keeper @ {LIGHTHOUSE} ({KEEPER})",
            f"Night Shift @ {LIGHTHOUSE} ({NIGHT_SHIFT})",
            f"in {TRAINS}",
            f"in {SOURDOUGH}",
        ],
    ),
    "fixed-names": Shape(
        f'{ROLES + NAMED}names = {{"{NIGHT_SHIFT}" = "admins"}}', ["admins", KEEPER_NAME]
    ),
    "only-named": Shape(
        'include = ["guilds", "roles"]\nonly_named = true\n'
        f'names = {{"{KEEPER}" = "admins", "{TRAINS}" = "travellers"}}',
        ["admins", "travellers"],
    ),
    "a-prefix": Shape(
        f'{ROLES + NAMED}prefix = "discord/"\nnames = {{"{KEEPER}" = "admins"}}',
        ["admins", f"discord/{NIGHT_SHIFT_NAME}"],
    ),
    "at-most-two": Shape("maximum = 2", [LIGHTHOUSE, TRAINS]),
    "no-managed-role": Shape(ROLES, [MUTED], FANCIER),
    "everyone-and-managed-roles": Shape(
        f"{ROLES}everyone = true\nmanaged = true", [LIGHTHOUSE, MUTED, BOOSTER], FANCIER
    ),
    "hostile-roles": Shape(
        f"{ROLES}{NAMED}guilds = {ids(CATS)}\n",
        HOSTILE_GROUPS,
        FANCIER,
    ),
    "a-hostile-role-where-its-name-is-fixed": Shape(
        f'{ROLES}{NAMED}guilds = {ids(CATS)}\nmaximum = 2\nrole_name = "{{role}}"\n'
        f'names = {{"{KEEPER}" = "AUTHENTIK admins"}}',
        [HOSTILE_IDS[0], "Dogs: \"all\", 'some' & <none>"],
        FANCIER,
    ),
    "an-impostor-among-the-named": Shape(NAMED, ["Lighthouse Keepers", CATS, IMPOSTOR], FANCIER),
    "an-impostor-among-all": Shape(
        f"{NAMED}guilds = []", [LIGHTHOUSE, CATS_NAME, IMPOSTOR], FANCIER
    ),
}

FILE = "".join(
    client(name, f"[clients.access]\n[clients.groups]\n{shape.written}")
    for name, shape in SHAPES.items()
)
