"""The people of the simulated Discord and the guilds that they are in."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Guild:
    """A guild. ``owner`` is the ID of the person who owns it, where that is one of the cast."""

    id: str
    name: str
    owner: str | None = None
    icon: str | None = None
    features: tuple[str, ...] = ()

    def to_json(self, person: str) -> dict[str, object]:
        """Return the guild as ``GET /users/@me/guilds`` shows it to a person, by their ID."""
        owner = self.owner == person
        return {
            "id": self.id,
            "name": self.name,
            "icon": self.icon,
            "banner": None,
            "owner": owner,
            "permissions": "2251799813685247" if owner else "104324673",
            "features": list(self.features),
        }


@dataclass(frozen=True)
class Membership:
    """What somebody is in a guild, by its ID; ``roles`` are role IDs. Times are ISO 8601."""

    guild: str
    roles: tuple[str, ...] = ()
    nick: str | None = None
    avatar: str | None = None
    pending: bool = False
    communication_disabled_until: str | None = None
    joined_at: str = "2021-03-14T15:09:26.535000+00:00"

    def to_json(self, person: "Person") -> dict[str, object]:
        """Return the member as ``GET /users/@me/guilds/{guild}/member`` shows them."""
        return {
            "avatar": self.avatar,
            "banner": None,
            "communication_disabled_until": self.communication_disabled_until,
            "flags": 0,
            "joined_at": self.joined_at,
            "nick": self.nick,
            "pending": self.pending,
            "premium_since": None,
            "roles": list(self.roles),
            "user": person.to_public_json(),
            "mute": False,
            "deaf": False,
        }


@dataclass(frozen=True)
class Person:
    """Somebody with a Discord account.

    ``about`` tells the tester what this person is good for. ``guilds`` are guild IDs; where there
    is none of ``memberships`` for one, they are in it without a role. To change a person, put a
    changed copy (``dataclasses.replace``) in :attr:`SimulatedDiscord.people`.
    """

    id: str
    username: str
    about: str
    global_name: str | None = None
    discriminator: str = "0"
    avatar: str | None = None
    banner: str | None = None
    accent_color: int | None = None
    email: str | None = None
    verified: bool = False
    locale: str = "en-US"
    mfa_enabled: bool = False
    premium_type: int = 0
    guilds: tuple[str, ...] = ()
    memberships: tuple[Membership, ...] = ()

    def membership(self, guild: str) -> Membership | None:
        """Return what the person is in a guild, by its ID; None if they are not in it."""
        if guild not in self.guilds:
            return None
        known = (membership for membership in self.memberships if membership.guild == guild)
        return next(known, Membership(guild))

    @property
    def display_name(self) -> str:
        """The name that Discord shows: the display name, else the username."""
        return self.global_name or self.username

    def to_json(self, scopes: Collection[str]) -> dict[str, object]:
        """Return the person as ``GET /users/@me`` shows them to a token with these scopes."""
        user = {
            **self.to_public_json(),
            "mfa_enabled": self.mfa_enabled,
            "locale": self.locale,
            "premium_type": self.premium_type,
        }
        if "email" in scopes:
            user |= {"email": self.email, "verified": self.verified}
        return user

    def to_public_json(self) -> dict[str, object]:
        """Return what everybody may know of the person, as in ``GET /oauth2/@me``."""
        return {
            "id": self.id,
            "username": self.username,
            "discriminator": self.discriminator,
            "global_name": self.global_name,
            "avatar": self.avatar,
            "banner": self.banner,
            "accent_color": self.accent_color,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
            "public_flags": 0,
            "flags": 0,
        }


_ADA = "189462537114681345"
_COLLECTOR = "703118822934413391"

_LANDS = [
    *("Amber", "Basalt", "Cedar", "Dune", "Ember", "Fjord", "Glacier", "Harbour", "Island", "Jade"),
    *("Karst", "Lagoon", "Meadow", "North", "Orchard", "Prairie", "Quartz", "River", "Sage", "Tor"),
]
_CLUBS = [
    *("Archers", "Bakers", "Cartographers", "Drummers", "Explorers"),
    *("Foragers", "Gardeners", "Historians", "Inventors", "Jugglers"),
]

GUILDS = (
    Guild("214249708711837696", "Lighthouse Keepers", _ADA, features=("COMMUNITY", "NEWS")),
    Guild("305118922745540608", "Night Trains of Europe", icon="5d3f1b0c7a9e4826b1c0de5512fa9377"),
    Guild("431092764483371009", "The Sourdough Society", features=("WELCOME_SCREEN_ENABLED",)),
    Guild("557730914403418112", "Tiny Synths 🎹", "412300785590730752"),
    # Escaping: whoever shows this name as HTML, CSV or a path shows their faults as well.
    Guild("618877245120512001", "Cats, \"Dogs\" & <Others>"),
    Guild("742915530187505664", "مقهى الخرائط"),
)  # fmt: skip
"""The guilds that have a name worth reading."""

COLLECTED = tuple(
    Guild(str(810_000_000_000_000_000 + number * 41_943_040_007), f"{land} {club}", _COLLECTOR)
    for number, (land, club) in enumerate(product(_LANDS, _CLUBS))
)
"""Two hundred guilds, which is as many as a person can be in."""

CAST = (
    Person(
        _ADA,
        "ada.lindqvist",
        "An ordinary account with a picture and three guilds, one of them her own.",
        global_name="Ada Lindqvist",
        avatar="8342729096ea3675442027381ff50dfe",
        accent_color=0x0B6B5D,
        email="ada@example.com",
        verified=True,
        locale="sv-SE",
        mfa_enabled=True,
        guilds=("214249708711837696", "305118922745540608", "431092764483371009"),
        memberships=(
            Membership(
                "214249708711837696",
                roles=("214249812341358592", "214249917802545152"),
                nick="Keeper Ada",
            ),
            Membership("431092764483371009", roles=("431092901347819520",)),
        ),
    ),
    Person(
        "412300785590730752",
        "noor_ibrahim",
        "Animated picture; a name with emoji that runs right to left; guilds with odd names.",
        global_name="نور ✨ الخريطة 🗺️",
        avatar="a_d5efa99b3eeaa7dd43acca82f5692432",
        banner="06c16474723fe537c283b8efa61a30c8",
        email="noor@example.org",
        verified=True,
        locale="ar",
        premium_type=2,
        guilds=("557730914403418112", "618877245120512001", "742915530187505664"),
    ),
    Person(
        "80351110224678912",
        "Walter B.",
        "From 2015: an old name with its number, no display name, no picture.",
        discriminator="0042",
        email="walter@example.net",
        verified=True,
        guilds=("305118922745540608",),
    ),
    Person(
        "1034775822118879232",
        "mina_maybe",
        "Has never confirmed her email address, and it is somebody else's.",
        global_name="Mina, perhaps",
        avatar="3c6f1e9a5b7d4e02a8b9c4d1f2036587",
        email="ada@example.com",
        guilds=("431092764483371009",),
    ),
    Person(
        "951437208843669504",
        "tomas.by.phone",
        "Registered by telephone: no email address at all.",
        global_name="Tomás",
        avatar="f1c2b3a4958677665544332211009988",
        locale="pt-BR",
        guilds=("214249708711837696", "557730914403418112"),
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
        _COLLECTOR,
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
"""The people who come with the sandbox."""
