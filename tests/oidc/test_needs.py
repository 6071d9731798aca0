"""What people are asked for, and what the bot looks at, follows from claims and gates."""

from collections.abc import Mapping
from typing import Final

import pytest

from snowflake.oidc.needs import needs_of
from snowflake.oidc.scopes import scopes_of
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.settings.registry import Registry

BIRDS, CATS, DOGS = "197038439483310086", "197038439483310087", "197038439483310088"
ROLE: Final = "41771983423143936"
ALL: Final = ["openid", "profile", "email", "groups"]


def client(
    groups: Mapping[str, object] | None = None,
    access: Mapping[str, object] | None = None,
    *,
    bot: bool = False,
    **settings: object,
) -> Client:
    """Answer a Discord application under this configuration."""
    token = {"discord_bot_token": "bot-token"} if bot else {}
    configured = Settings.model_validate(
        {"groups": groups or {}, "access": access or {}, **token, **settings}
    )
    found = Registry(configured).find("1056005449054429204")
    assert found is not None
    return found


ROLES: Final = {"include": ["roles"], "guilds": [BIRDS]}


@pytest.mark.parametrize(
    ("names", "of", "scopes"),
    [
        (["openid"], client(), {"identify"}),
        (["openid", "profile", "discord", "offline_access"], client(), {"identify"}),
        (ALL, client(), {"identify", "email", "guilds"}),
        (ALL, client(bot=True), {"identify", "email", "guilds"}),
        (ALL, client(ROLES), {"identify", "email", "guilds.members.read"}),
        (ALL, client(ROLES, bot=True), {"identify", "email"}),
        (["openid"], client(ROLES), {"identify"}),
        (["openid"], client(access={"verified_email": True}), {"identify", "email"}),
        (["openid"], client(access={"any_guild": [BIRDS]}), {"identify", "guilds"}),
        (["openid"], client(access={"any_guild": [BIRDS]}, bot=True), {"identify"}),
        (["openid"], client(ROLES, {"any_role": [ROLE]}), {"identify", "guilds.members.read"}),
        (["openid"], client(ROLES, {"any_role": [ROLE]}, bot=True), {"identify"}),
        (["openid"], client(access={"people": [ROLE], "two_factor": True}), {"identify"}),
        (
            ["openid", "groups"],
            client({**ROLES, "include": ["guilds", "roles"]}),
            {"identify", "guilds", "guilds.members.read"},
        ),
        (["openid"], client(name_from_guild=BIRDS), {"identify"}),
        (["openid"], client(linked_roles_at_login=True), {"identify"}),
        (
            ["openid"],
            client(linked_roles_at_login=True, discord_client_id="1056005449054429204"),
            {"identify", "role_connections.write"},
        ),
        (
            ["openid", "profile"],
            client(name_from_guild=BIRDS),
            {"identify", "guilds.members.read"},
        ),
        (["openid", "profile"], client(picture_from_guild=BIRDS, bot=True), {"identify"}),
    ],
)
def test_a_person_is_asked_for_as_little_as_will_do(
    names: list[str], of: Client, scopes: set[str]
) -> None:
    assert needs_of(of, names).discord_scopes == scopes


@pytest.mark.parametrize(
    ("of", "members", "guilds"),
    [
        (client(), (), True),
        (client(ROLES), (BIRDS,), False),
        (client(access={"any_guild": [BIRDS]}), (), True),
        (client(ROLES, {"any_guild": [CATS]}), (BIRDS,), True),
        (client(ROLES, {"any_guild": [CATS]}, bot=True), (CATS, BIRDS), False),
        (client(ROLES, {"all_guilds": [BIRDS]}), (BIRDS,), False),
        (client({"guilds": [BIRDS]}, {"no_role": [ROLE]}), (BIRDS,), True),
        (
            client({"guilds": [BIRDS]}, {"all_roles": [ROLE], "any_guild": [CATS]}),
            (CATS, BIRDS),
            True,
        ),
        (client({"guilds": [BIRDS]}, {"screened": True}), (BIRDS,), True),
        (client({"guilds": [BIRDS]}, {"screened": True, "any_guild": [CATS]}), (CATS,), True),
        (client({"guilds": [BIRDS]}, {"not_timed_out": True}), (BIRDS,), True),
        (client(ROLES, name_from_guild=CATS, picture_from_guild=DOGS), (BIRDS, CATS, DOGS), False),
    ],
)
def test_members_are_looked_at_where_it_matters(
    of: Client, members: tuple[str, ...], guilds: bool
) -> None:
    needs = needs_of(of, ALL)
    assert (needs.members, needs.guilds) == (members, guilds)


def test_a_login_does_without_what_only_a_name_or_a_picture_needs() -> None:
    gated = client(ROLES, {"any_guild": [CATS]}, name_from_guild=DOGS, picture_from_guild=CATS)
    assert needs_of(gated, ALL).may_lack == {DOGS}
    assert needs_of(client(ROLES, name_from_guild=BIRDS), ALL).may_lack == frozenset()


NAMED: Final = {"guilds": [BIRDS], "shape": "name"}
TWO: Final = {"guilds": [BIRDS, CATS], "shape": "object"}
BOTH: Final = {"include": ["guilds", "roles"]}


@pytest.mark.parametrize(
    ("groups", "roles_of", "names_of"),
    [
        (ROLES, (BIRDS,), ()),
        ({**ROLES, "managed": True}, (), ()),
        ({**ROLES, "shape": "name"}, (BIRDS,), (BIRDS,)),
        ({**ROLES, "shape": "name", "only_named": True}, (), ()),
        ({**NAMED, **BOTH}, (BIRDS,), ()),
        ({**TWO, **BOTH}, (BIRDS, CATS), (BIRDS, CATS)),
        (NAMED, (), ()),
        (TWO, (), (BIRDS, CATS)),
        ({"shape": "name"}, (), ()),
        ({**ROLES, "names_claim": True}, (BIRDS,), (BIRDS,)),
        ({**ROLES, "names_claim": True, "only_named": True}, (), ()),
        ({**BOTH, "guilds": [BIRDS], "names_claim": True}, (BIRDS,), ()),
    ],
)
def test_the_bot_tells_names_where_they_are_written(
    groups: Mapping[str, object], roles_of: tuple[str, ...], names_of: tuple[str, ...]
) -> None:
    needs = needs_of(client(groups, bot=True), ALL)
    assert (needs.roles, needs.guild_names) == (roles_of, names_of)
    for other in (needs_of(client(groups), ALL), needs_of(client(groups, bot=True), ["openid"])):
        assert (other.roles, other.guild_names) == ((), ())


@pytest.mark.parametrize(
    ("access", "oldest"),
    [
        ({"oldest_membership": "1m"}, 3600),
        ({"any_guild": [BIRDS]}, 300),
        ({"any_guild": [BIRDS], "oldest_membership": "0"}, 0),
        ({"no_role": [ROLE], "oldest_membership": "1m"}, 60),
    ],
)
def test_a_gate_says_how_old_the_memory_may_be(access: Mapping[str, object], oldest: float) -> None:
    assert needs_of(client(ROLES, access), ["openid"]).oldest == oldest


def test_what_discord_did_not_grant_is_not_asked_for() -> None:
    groups = {"include": ["guilds", "roles"], "guilds": [BIRDS]}
    needs = needs_of(client(groups), ALL)
    assert needs.within(frozenset({"identify", "guilds", "guilds.members.read"})) == needs
    refused = needs.within(frozenset({"identify"}))
    assert (refused.guilds, refused.members) == (False, ())
    by_bot = needs_of(client(groups, bot=True), ALL).within(frozenset({"identify"}))
    assert (by_bot.guilds, by_bot.members) == (False, (BIRDS,))


@pytest.mark.parametrize("client_id", ["1", "app"])
def test_another_configuration_is_heeded_from_the_next_login_on(client_id: str) -> None:
    table = {"id": "app", "secret": "s", "redirect_uris": ["https://app.example.com/cb"]}
    common = {"allowed_clients": ["1"], "discord_client_id": "2", "clients": [table]}
    own = {"name": "team", "description": "Your team", "claims": {"team": "email"}}
    registry = Registry(Settings.model_validate(common))

    def asked_for() -> tuple[frozenset[str], bool]:
        found = registry.find(client_id)
        assert found is not None
        return needs_of(found, ["openid", "team"]).discord_scopes, "team" in scopes_of(found)

    assert asked_for() == asked_for() == (frozenset({"identify"}), False)
    registry.use(Settings.model_validate({**common, "scopes": [own]}))
    assert asked_for() == (frozenset({"identify", "email"}), True)
