"""The guilds of the simulated Discord, with roles for whoever makes groups of them."""

from itertools import product
from typing import Final

from snowflake.sandbox.discord.guilds import Guild, Role

ADA: Final = "189462537114681345"
NOOR: Final = "412300785590730752"
COLLECTOR: Final = "703118822934413391"

LIGHTHOUSE: Final = "214249708711837696"
TRAINS: Final = "305118922745540608"
SOURDOUGH: Final = "431092764483371009"
SYNTHS: Final = "557730914403418112"
CATS: Final = "618877245120512001"
MAPS: Final = "742915530187505664"
IMPOSTOR: Final = "791640338206851072"

KEEPER: Final = "214249812341358592"
NIGHT_SHIFT: Final = "214249917802545152"
MUTED: Final = "214250148923441152"
BOOSTER: Final = "214250260013809664"
BOT_ROLE: Final = "214250371129343489"
BAKER: Final = "431092901347819520"
IMPOSTOR_KEEPER: Final = "791640451109822464"

#: The application whose bot is in some of the guilds: that of the sandbox.
APPLICATION_ID: Final = "1056005449054429204"
BOT_GUILDS: Final = (LIGHTHOUSE, SOURDOUGH, CATS, MAPS)
"""The guilds that the sandbox's bot is in."""

_KEEPER_ROLES = (
    Role(KEEPER, "Keeper", 2, color=0xF1C40F, hoist=True),
    Role(NIGHT_SHIFT, "Night Shift", 1, mentionable=True),
    Role(MUTED, "Muted", 5),
    Role(
        BOOSTER,
        "Server Booster",
        3,
        color=0xF47FFF,
        managed=True,
        tags=(("premium_subscriber", None),),
    ),
    # Discord names a bot's own role after the bot.
    Role(BOT_ROLE, "Example application", 4, managed=True, tags=(("bot_id", APPLICATION_ID),)),
)

HOSTILE_ROLES = (
    # A group of another system, which whoever may name roles would like to be in.
    Role("618877301100445696", "authentik Admins"),
    # What separates, quotes, ends or fills something elsewhere.
    Role("618877356427083776", "Dogs: \"all\", 'some' & <none>"),
    Role("618877412115021824", "{guild}:{role}"),
    Role("618877468440342529", "admins,users;root=1/../%2e%00\\"),
    # Reads “Admins” from the right, if the mark is obeyed.
    Role("618877523742162944", "\u202esnimdA"),
    Role("618877579501240320", "🐈‍⬛ Katzen 🏳️‍🌈"),
    Role("618877634882666496", "مدير: القطط"),
    # As long as Discord lets a name be: 100 characters.
    Role("618877690490191872", "Whiskers" * 12 + "Cats"),
    # Two roles of one name.
    Role("618877746139168768", "Twin", 2),
    Role("618877801935798272", "Twin", 3),
    # A name that is an ID: of the guild where Ada keeps the light, and of her role there.
    Role("618877857313423360", LIGHTHOUSE),
    Role("618877912724398080", KEEPER),
)
"""Roles whose names were chosen by somebody with plans."""

GUILDS = (
    Guild(
        LIGHTHOUSE,
        "Lighthouse Keepers",
        ADA,
        features=("COMMUNITY", "NEWS"),
        roles=_KEEPER_ROLES,
    ),
    Guild(
        TRAINS,
        "Night Trains of Europe",
        icon="5d3f1b0c7a9e4826b1c0de5512fa9377",
        roles=(Role("305119034467500032", "Conductor"),),
    ),
    Guild(
        SOURDOUGH,
        "The Sourdough Society",
        features=("WELCOME_SCREEN_ENABLED",),
        roles=(Role(BAKER, "Baker"),),
    ),
    Guild(SYNTHS, "Tiny Synths 🎹", NOOR),
    # Escaping: whoever shows this name as HTML, CSV or a path shows their faults as well.
    Guild(CATS, 'Cats, "Dogs" & <Others>', roles=HOSTILE_ROLES),
    Guild(MAPS, "مقهى الخرائط", roles=(Role("742915642095779840", "رسّام ✍️"),)),
    # The name of another guild, and of a role there: anybody can make such a guild.
    Guild(IMPOSTOR, "Lighthouse Keepers", roles=(Role(IMPOSTOR_KEEPER, "Keeper"),)),
)
"""The guilds that have a name worth reading."""

_LANDS = [
    *("Amber", "Basalt", "Cedar", "Dune", "Ember", "Fjord", "Glacier", "Harbour", "Island", "Jade"),
    *("Karst", "Lagoon", "Meadow", "North", "Orchard", "Prairie", "Quartz", "River", "Sage", "Tor"),
]
_CLUBS = [
    *("Archers", "Bakers", "Cartographers", "Drummers", "Explorers"),
    *("Foragers", "Gardeners", "Historians", "Inventors", "Jugglers"),
]
COLLECTED = tuple(
    Guild(str(810_000_000_000_000_000 + number * 41_943_040_007), f"{land} {club}", COLLECTOR)
    for number, (land, club) in enumerate(product(_LANDS, _CLUBS))
)
"""Two hundred guilds, which is as many as a person can be in."""
