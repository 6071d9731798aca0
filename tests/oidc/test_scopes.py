from dataclasses import replace
from datetime import timedelta

import pytest

from snowflake.discord.models import Guild, Member, User
from snowflake.oidc.scopes import BUILT_IN, claims_of, granted, known
from snowflake.people.person import Person
from snowflake.settings.client import Client
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.groups import GroupsTable

GUILD, ROLE = "197038439483310086", "197038439483310087"
NELLY = User(
    id="80351110224678912",
    username="nelly",
    global_name="Nelly the Owl",
    avatar="8342729096ea",
    locale="en-GB",
)
CLIENT = Client(
    id="1056005449054429204",
    application="1056005449054429204",
    groups=GroupsTable(),
    access=AccessTable(),
    token_lifetime=timedelta(hours=1),
    id_token_lifetime=timedelta(hours=1),
    code_lifetime=timedelta(hours=1),
    refresh_token_lifetime=timedelta(days=30),
    grant_lifetime=timedelta(days=365),
)
#: All that Discord could grant.
ALL = frozenset({"identify", "email", "guilds", "guilds.members.read"})
PICTURE = "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea.png"


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", ["openid"]),
        ("email openid", ["openid", "email"]),
        ("openid openid unknown", ["openid"]),
        ("unknown", []),
        ("", []),
        ("OPENID", []),
    ],
)
def test_known_scopes_are_kept_and_others_ignored(scope: str, names: list[str]) -> None:
    assert known(scope, CLIENT) == names


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_scope_says_what_it_gives_and_needs_to_know_the_person(name: str) -> None:
    assert BUILT_IN[name].description.endswith(".")
    assert "identify" in BUILT_IN[name].discord(CLIENT)


@pytest.mark.parametrize(
    ("asked", "discord", "names"),
    [
        (["openid", "email"], {"identify", "email", "guilds"}, ["openid", "email"]),
        (["openid", "email"], {"identify"}, ["openid"]),
        (["openid"], {"identify", "email", "guilds"}, ["openid"]),
        # Who asks for groups is told that there are none, rather than nothing.
        (["openid", "groups"], {"identify", "email"}, ["openid", "groups"]),
    ],
)
def test_only_what_was_asked_for_and_granted_counts(
    asked: list[str], discord: set[str], names: list[str]
) -> None:
    assert granted(asked, frozenset(discord), CLIENT) == names


@pytest.mark.parametrize(
    ("names", "person", "claims"),
    [
        (["openid"], Person(NELLY), {}),
        (
            ["openid", "profile"],
            Person(NELLY),
            {
                "name": "Nelly the Owl",
                "preferred_username": "nelly",
                "nickname": "nelly",
                "locale": "en-GB",
                "picture": PICTURE,
            },
        ),
        (["openid", "email"], Person(NELLY), {}),
        (["openid", "email"], Person(NELLY, email=""), {}),
        (
            ["openid", "email"],
            Person(NELLY.model_copy(update={"verified": True}), email="nelly@example.com"),
            {"email": "nelly@example.com", "email_verified": True},
        ),
        (
            ["openid", "email"],
            Person(NELLY, email="nelly@example.com"),
            {"email": "nelly@example.com", "email_verified": False},
        ),
        (["openid", "groups"], Person(NELLY), {"groups": []}),
        (
            ["openid", "groups"],
            Person(NELLY, (Guild(id="2"), Guild(id="1"), Guild(id="2"))),
            {"groups": ["1", "2"]},
        ),
        (
            ["openid", "discord"],
            Person(NELLY),
            {
                "discord": {
                    "id": "80351110224678912",
                    "username": "nelly",
                    "global_name": "Nelly the Owl",
                    "avatar": "8342729096ea",
                    "avatar_url": PICTURE,
                    "locale": "en-GB",
                }
            },
        ),
    ],
)
def test_each_scope_gives_its_claims(
    names: list[str], person: Person, claims: dict[str, object]
) -> None:
    assert claims_of(person, names, CLIENT, ALL) == claims


def test_names_of_groups_come_even_if_there_are_none() -> None:
    client = replace(CLIENT, groups=GroupsTable(names_claim=True))
    somebody = Person(NELLY, (Guild(id="2", name="Birds"),))
    assert claims_of(somebody, ["groups"], client, ALL) == {
        "groups": ["2"],
        "group_names": {"2": "Birds"},
        "group_guilds": ["2"],
    }
    nowhere: dict[str, object] = {"groups": [], "group_names": {}, "group_guilds": []}
    assert claims_of(Person(NELLY), ["groups"], client, ALL) == nowhere


@pytest.mark.parametrize("name", [None, ""])
def test_who_has_no_display_name_goes_by_the_username(name: str | None) -> None:
    person = Person(NELLY.model_copy(update={"global_name": name}))
    assert claims_of(person, ["profile"], CLIENT, ALL)["name"] == "nelly"


def test_a_claim_with_nothing_to_say_is_absent() -> None:
    person = Person(NELLY.model_copy(update={"locale": None}))
    assert "locale" not in claims_of(person, ["profile"], CLIENT, ALL)


def test_the_claim_discord_holds_all_that_discord_tells_and_nothing_null() -> None:
    told = {
        "discriminator": "0",
        "banner": "06c16474723fe537c283b8efa61a30c8",
        "accent_color": 0,
        "mfa_enabled": False,
    }
    person = Person(NELLY.model_copy(update={**told, "global_name": None}))
    claim = claims_of(person, ["discord"], replace(CLIENT, avatar_size=64), ALL)["discord"]
    assert claim == {
        "id": "80351110224678912",
        "username": "nelly",
        "avatar": "8342729096ea",
        "avatar_url": f"{PICTURE}?size=64",
        "locale": "en-GB",
        **told,
    }


@pytest.mark.parametrize(
    ("groups", "has_bot", "discord", "counts"),
    [
        ({"include": ["roles"], "guilds": [GUILD]}, False, {"guilds"}, False),
        ({"include": ["roles"], "guilds": [GUILD]}, False, {"guilds.members.read"}, True),
        ({"include": ["roles"], "guilds": [GUILD]}, True, set(), True),
        ({"include": ["guilds", "roles"], "guilds": [GUILD]}, True, set(), False),
        ({"include": ["roles"]}, False, set(), True),
    ],
)
def test_groups_are_told_if_discord_granted_what_they_need_for_the_client_and_else_there_are_none(
    groups: dict[str, object], has_bot: bool, discord: set[str], counts: bool
) -> None:
    table = GroupsTable.model_validate({**groups, "names": {GUILD: "guild", ROLE: "role"}})
    client = replace(CLIENT, groups=table, has_bot=has_bot)
    members: dict[str, Member | None] = {GUILD: Member(roles=frozenset({ROLE}))}
    somebody = Person(NELLY, guilds=(Guild(id=GUILD, name="Birds"),), members=members)
    claims = claims_of(somebody, ["groups"], client, frozenset({"identify", *discord}))
    told = ["guild"] * ("guilds" in table.include) + ["role"] * bool(table.guilds)
    assert claims == {"groups": told if counts else []}


NO_MEMBERS: dict[str, Member | None] = {}
MEMBER = Member(roles=frozenset(), nick="Owlet", avatar="a_b4")


@pytest.mark.parametrize(
    ("members", "name", "picture"),
    [
        ({GUILD: MEMBER}, "Owlet", f"guilds/{GUILD}/users/{NELLY.id}/avatars/a_b4.gif?size=128"),
        (
            {GUILD: Member(roles=frozenset())},
            "Nelly the Owl",
            f"avatars/{NELLY.id}/{NELLY.avatar}.png?size=128",
        ),
        ({GUILD: None}, "Nelly the Owl", f"avatars/{NELLY.id}/{NELLY.avatar}.png?size=128"),
        (NO_MEMBERS, "Nelly the Owl", f"avatars/{NELLY.id}/{NELLY.avatar}.png?size=128"),
        ({"1": MEMBER}, "Nelly the Owl", f"avatars/{NELLY.id}/{NELLY.avatar}.png?size=128"),
    ],
)
def test_name_and_picture_are_those_of_the_guild_for_those_who_have_them_there(
    members: dict[str, Member | None], name: str, picture: str
) -> None:
    client = replace(CLIENT, name_from_guild=GUILD, picture_from_guild=GUILD, avatar_size=128)
    claims = claims_of(Person(NELLY, members=members), ["profile"], client, ALL)
    assert claims["name"] == name
    assert claims["picture"] == f"https://cdn.discordapp.com/{picture}"
    # Account names are taken from these.
    assert (claims["nickname"], claims["preferred_username"]) == ("nelly", "nelly")
    assert claims_of(Person(NELLY, members=members), ["profile"], CLIENT, ALL)["picture"] == PICTURE
