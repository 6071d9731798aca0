"""What Discord is asked for claims by expression, and how people are told of them."""

from typing import Any, Final

import pytest

from snowflake.oidc.expressed import Wanted, wanted_for
from snowflake.oidc.needs import needs_of
from snowflake.oidc.scopes import learnt
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.settings.registry import Registry

BIRDS, CATS = "197038439483310086", "197038439483310087"
IN_BIRDS: Final = f"guilds[?id == '{BIRDS}']"
WHO: Final = "Who you are at Discord: your user ID."
PROFILE: Final = "Your name, username, language and avatar."
SOURCES: Final = "your account, your e-mail address, your servers and roles"


def client(claims: dict[str, str] | None = None, *, bot: bool = False, **settings: Any) -> Client:
    """Answer a registered client with claims by expression."""
    table = {"id": "app", "secret": "s", "redirect_uris": ["https://app.example.com/cb"]}
    token = {"discord_bot_token": "bot-token"} if bot else {}
    clients = [{**table, "claims": claims or {}}]
    found = Registry(Settings.model_validate({"clients": clients, **token, **settings})).find("app")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "without_bot", "with_bot"),
    [
        ("name", Wanted(), Wanted()),
        ("email_verified", Wanted(email=True), Wanted(email=True)),
        ("groups", Wanted(groups=True), Wanted(groups=True)),
        ("guilds[].name", Wanted(guild_list=True), Wanted(guild_list=True)),
        ("length(guilds)", Wanted(guild_list=True), Wanted(guild_list=True)),
        (f"{IN_BIRDS} | length(@)", Wanted(guild_list=True), Wanted(members=(BIRDS,))),
        (
            f"{IN_BIRDS}.name",
            Wanted(guild_list=True),
            Wanted(members=(BIRDS,), names=(BIRDS,)),
        ),
        (
            f"{IN_BIRDS}.owner",
            Wanted(guild_list=True),
            Wanted(guild_list=True, members=(BIRDS,)),
        ),
        (f"{IN_BIRDS}.nick", Wanted(members=(BIRDS,)), Wanted(members=(BIRDS,))),
        (
            f"{IN_BIRDS}.roles[].id",
            Wanted(members=(BIRDS,), roles=(BIRDS,)),
            Wanted(members=(BIRDS,), roles=(BIRDS,)),
        ),
        (
            f"{IN_BIRDS}.roles[].name",
            Wanted(members=(BIRDS,), roles=(BIRDS,)),
            Wanted(members=(BIRDS,), roles=(BIRDS,), role_names=(BIRDS,)),
        ),
        # Of all guilds, those count in which people are looked at.
        ("guilds[].nick", Wanted(guild_list=True), Wanted(guild_list=True)),
        (
            f"{IN_BIRDS}.nick || guilds[].joined_at",
            Wanted(guild_list=True, members=(BIRDS,)),
            Wanted(guild_list=True, members=(BIRDS,)),
        ),
        # What is no ID is not asked for.
        ("guilds[?id == '../users'].nick", Wanted(guild_list=True), Wanted()),
        (
            "@",
            Wanted(email=True, groups=True, guild_list=True),
            Wanted(email=True, groups=True, guild_list=True),
        ),
    ],
)
def test_an_expression_needs_what_it_looks_at(
    text: str, without_bot: Wanted, with_bot: Wanted
) -> None:
    assert wanted_for([text], client()) == without_bot
    assert wanted_for([text], client(bot=True)) == with_bot


@pytest.mark.parametrize(
    ("settings", "members"),
    [
        ({}, ()),
        ({"groups": {"guilds": [CATS]}}, (CATS,)),
        ({"access": {"any_guild": [BIRDS]}, "groups": {"guilds": [CATS]}}, (BIRDS, CATS)),
    ],
)
def test_what_people_are_is_known_of_the_guilds_that_are_named(
    settings: dict[str, Any], members: tuple[str, ...]
) -> None:
    assert wanted_for(["guilds[].roles[].id"], client(**settings)).members == members


def test_the_needs_of_a_login_are_those_of_the_scopes_that_it_asks_for() -> None:
    work = {"name": "work", "description": "A.", "claims": {"team": f"{IN_BIRDS}.roles[].name"}}
    of = client(bot=True, scopes=[work])
    assert needs_of(of, ["openid"]).members == ()
    needs = needs_of(of, ["openid", "work"])
    assert needs.members == needs.roles == (BIRDS,)
    assert needs.of_members == {(BIRDS, "roles")}
    # Nobody gets more or less for an outage.
    assert needs.may_lack == frozenset()
    assert not needs.gated
    # Where a gate alone is judged, no claim is made.
    assert needs_of(client({"x": f"{IN_BIRDS}.nick"}, bot=True), ()).members == ()


def test_what_groups_need_an_expression_needs_that_looks_at_them() -> None:
    groups = {"include": ["guilds", "roles"], "guilds": [BIRDS], "shape": "name"}
    by_claim = needs_of(client(bot=True, groups=groups), ["openid", "groups"])
    assert needs_of(client({"x": "groups"}, bot=True, groups=groups), ["openid"]) == by_claim


@pytest.mark.parametrize(
    ("claims", "scopes", "names", "words"),
    [
        ({}, [], ["openid"], [WHO]),
        (
            {"role": f"{IN_BIRDS}.roles[].id", "contact": "email || name"},
            [],
            ["openid"],
            [f"{WHO} Further details, drawn from {SOURCES}: role, contact."],
        ),
        (
            {"kind": "'person'"},
            [],
            ["openid"],
            [f"{WHO} Further details: kind."],
        ),
        (
            {},
            [{"name": "work", "description": "What you do.", "claims": {"team": "id"}}],
            ["work"],
            ["What you do."],
        ),
        (
            {},
            [{"name": "profile", "claims": {"born": "account_created"}}],
            ["profile"],
            [f"{PROFILE} Further details, drawn from your account: born."],
        ),
        (
            {},
            [{"name": "profile", "description": "And your age.", "claims": {"age": "id"}}],
            ["profile"],
            [f"{PROFILE} And your age."],
        ),
    ],
)
def test_people_are_told_in_words_what_expressions_draw_from(
    claims: dict[str, str], scopes: list[object], names: list[str], words: list[str]
) -> None:
    assert learnt(names, client(claims, scopes=scopes)) == words
