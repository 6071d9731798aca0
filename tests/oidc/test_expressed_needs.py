"""What is not asked of Discord for an expression changes nothing of what it comes to."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from snowflake.discord.models import Guild, Member, Role, User
from snowflake.expressions import compiled
from snowflake.expressions.looking import looks_of
from snowflake.oidc.expressed import Wanted, chosen_guilds, found, wanted_for
from snowflake.people.document import PATHS, Told
from snowflake.people.person import Person
from tests.expressions.test_looking import expressions
from tests.oidc.test_expressed import client

THEN: Final = datetime(2021, 3, 14, tzinfo=UTC)
EMAIL: Final = "nelly@example.com"
USER: Final = User(id="80351110224678912", username="nelly", email=EMAIL, verified=True)
GUILDS: Final = (
    Guild(id="1", name="x", owner=True),
    Guild(id="2", name="y", owner=False),
    Guild(id="3", name="", owner=False),
)
MEMBERS: Final = {
    "1": Member(roles=frozenset({"1", "3"}), nick="x", joined_at=THEN),
    "2": Member(roles=frozenset({"1"}), joined_at=THEN, premium_since=THEN),
}
ROLES: Final = {"1": (Role(id="3", name="admin"),), "2": (Role(id="1", name="x"),)}
#: The guild that the configuration names.
OF_GROUPS: Final = "2"


def known_by(wanted: Wanted, *, bot: bool) -> tuple[Person, Told]:
    """Answer somebody of whom just so much is known, by a bot or by what they allow."""

    def seen(guild: str) -> Member | None:
        member = MEMBERS.get(guild)
        if member is None or guild in wanted.roles:
            return member
        return member.model_copy(update={"roles": frozenset()})

    def by_bot(guilds: Iterable[str]) -> list[str]:
        return [guild for guild in guilds if bot and guild in MEMBERS]

    names = {guild.id: guild.name for guild in GUILDS}
    person = Person(
        USER if wanted.email else USER.model_copy(update={"email": None, "verified": None}),
        GUILDS if wanted.guild_list else (),
        members={guild: seen(guild) for guild in wanted.members},
        roles={guild: ROLES[guild] for guild in by_bot(wanted.role_names)},
        guild_names={guild: names[guild] for guild in by_bot(wanted.names)},
        email=EMAIL if wanted.email else None,
    )
    told = Told(wanted.email, wanted.groups, wanted.guild_list, bool(wanted.members))
    return person, told


def ids_in(text: str) -> Iterator[frozenset[str]]:
    """Answer the IDs among which an expression chooses; none at all counts as none that is."""
    for look in looks_of(text, PATHS).at:
        if look.place.among is not None:
            yield look.place.among or NO_IDS


#: What expressions of the test compare IDs with, and none is.
NO_IDS: Final = frozenset({"x", "admin"})
CLIENTS: Final = {bot: client(bot=bot, groups={"guilds": [OF_GROUPS]}) for bot in (False, True)}


@settings(max_examples=400, deadline=None)
@given(expressions, st.booleans())
def test_what_is_not_wanted_changes_nothing(text: str, bot: bool) -> None:
    try:
        compiled(text)
    except ValueError:
        return
    wanted = wanted_for([text], CLIENTS[bot])
    # What the claim ``groups`` needs is its own matter, and no guild has a name for its ID.
    if wanted.groups or any(among & NO_IDS for among in ids_in(text)):
        return
    # Of all guilds those are looked at that are named somewhere.
    named = tuple({OF_GROUPS, *chosen_guilds(text)})
    everything = Wanted(True, wanted.groups, True, named, named, named, named)
    everybody, all_told = known_by(everything, bot=bot)
    person, told = known_by(wanted, bot=bot)
    best = found({"claim": text}, everybody, CLIENTS[bot], all_told)
    if not best.failed:
        assert found({"claim": text}, person, CLIENTS[bot], told) == best
