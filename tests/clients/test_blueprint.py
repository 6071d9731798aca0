"""What ``snowflake authentik`` prints leads Authentik's source through a login."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from snowflake.cli.commands import app
from snowflake.operator.authentik import Source as Wanted
from snowflake.operator.authentik import blueprint
from snowflake.sandbox.configured import SandboxSettings
from snowflake.sandbox.discord import Application, Bot, SimulatedDiscord
from snowflake.sandbox.discord.places import KEEPER, LIGHTHOUSE, NIGHT_SHIFT
from snowflake.sandbox.serving import serving
from snowflake.settings.registry import Registry
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.web.app import create_app
from tests.clients.authentik import REDIRECT_URI, ServerError, Source
from tests.clients.authentik_directory import directory
from tests.clients.blueprint import applied, source_from
from tests.journeys.browser import Browser
from tests.journeys.world import ADA, CLIENT_SECRET, World, variables
from tests.login import CLIENT_ID

AUTHENTIK = "https://app.example.com"


@pytest.mark.parametrize("world", ["Discord application"], indirect=True)
def test_a_discord_application_signs_people_in(world: World, browser: Browser) -> None:
    party = world.party(redirect_uri=REDIRECT_URI)
    command = ["authentik", "--client", party.client_id, "--issuer", party.issuer]
    result = CliRunner().invoke(app, [*command, "--authentik", AUTHENTIK])
    assert result.exit_code == 0, result.output
    # What the comment tells the operator to enter is what the portal has.
    [entered] = world.discord.applications[party.client_id].redirect_uris
    assert f"#    {entered}\n" in result.stdout
    environment = {"DISCORD_CLIENT_SECRET": CLIENT_SECRET}
    source = source_from(result.stdout, world.http, environment)
    account = source.callback(browser.sign_in(source.redirect(), ADA))
    assert (account.identifier, account.username) == (ADA, "ada.lindqvist")
    assert len(account.groups) == 3


@dataclass(frozen=True)
class Registered:
    """A source whose client is registered, its mapping of groups, and the Discord behind it."""

    discord: SimulatedDiscord
    source: Source
    mapping: str

    def rename(self, role: str, name: str) -> None:
        guild = self.discord.guilds[LIGHTHOUSE]
        roles = (replace(one, name=name) if one.id == role else one for one in guild.roles)
        self.discord.guilds[LIGHTHOUSE] = replace(guild, roles=tuple(roles))


@contextmanager
def registered(private_key: str, groups: GroupsTable) -> Iterator[Registered]:
    """Answer a source of Authentik whose client gets these groups."""
    discord = SimulatedDiscord()
    client = ClientTable(
        id="authentik", secret=SecretStr("the client's"), redirect_uris=(REDIRECT_URI,)
    )
    with (
        serving(discord.app) as origin,
        httpx.Client(trust_env=False, timeout=15) as http,
    ):
        leading = variables(origin)
        settings = SandboxSettings(
            private_key=SecretStr(private_key),
            database_url=SecretStr("sqlite://"),
            secret_key=SecretStr("a secret of more than thirty-two characters"),
            discord_api_url=leading["SNOWFLAKE_DISCORD_API_URL"],
            discord_authorize_url=leading["SNOWFLAKE_DISCORD_AUTHORIZE_URL"],
            discord_client_id=CLIENT_ID,
            discord_client_secret=SecretStr(CLIENT_SECRET),
            discord_bot_token=SecretStr("the-bot-token"),
            discord_cache=timedelta(0),
            groups=groups,
            clients=(client,),
        )
        with serving(create_app(settings)) as issuer:
            discord.register(
                Application(
                    id=CLIENT_ID,
                    name="Snowflake",
                    secret=CLIENT_SECRET,
                    redirect_uris=(f"{issuer}/callback",),
                    bot=Bot("the-bot-token", guilds=(LIGHTHOUSE,)),
                )
            )
            known = Registry(settings).find(client.id)
            assert known is not None
            text = blueprint(Wanted(known, issuer, AUTHENTIK, "discord", "Discord"))
            [mapping] = applied(text, {}).expressions("group")
            yield Registered(discord, source_from(text, http, {}), mapping)


NAMED = GroupsTable(include=("roles",), guilds=(LIGHTHOUSE,), shape="name")
BESIDE = GroupsTable(include=("guilds", "roles"), guilds=(LIGHTHOUSE,), names_claim=True)
OBJECTS = GroupsTable(include=("roles",), guilds=(LIGHTHOUSE,), shape="object")


def test_a_registered_client_signs_people_in_and_a_role_that_is_taken_away_is_gone(
    private_key: str, browser: Browser
) -> None:
    with registered(private_key, NAMED) as behind:
        source = behind.source
        account = source.callback(browser.sign_in(source.redirect(), ADA))
        assert (account.identifier, account.username) == (ADA, "ada.lindqvist")
        kept = "Lighthouse Keepers:Night Shift"
        assert account.groups == ["Lighthouse Keepers:Keeper", kept]
        behind.discord.take_role(ADA, LIGHTHOUSE, KEEPER)
        assert source.callback(browser.sign_in(source.redirect(), ADA)).groups == [kept]


def test_groups_have_names_that_follow_discord_from_login_to_login(
    private_key: str, browser: Browser
) -> None:
    with registered(private_key, BESIDE) as behind, directory() as authentik:
        source = behind.source

        def groups_after_login() -> list[str]:
            account = source.callback(browser.sign_in(source.redirect(), ADA))
            authentik.sign_in(authentik.source(), behind.mapping, account.info)
            return authentik.groups_of(ADA)

        authentik.make("Lighthouse Keepers:Owl")
        first = groups_after_login()
        assert {"Lighthouse Keepers", "Lighthouse Keepers:Keeper"} < set(first)
        keeper = authentik.attributes("Lighthouse Keepers:Keeper")
        assert keeper == {"discord_role_id": KEEPER}
        assert authentik.attributes("Lighthouse Keepers") == {"discord_guild_id": LIGHTHOUSE}

        behind.rename(KEEPER, "Owl")
        behind.discord.take_role(ADA, LIGHTHOUSE, NIGHT_SHIFT)
        gone = {"Lighthouse Keepers:Keeper", "Lighthouse Keepers:Night Shift"}
        renamed = {f"Lighthouse Keepers:Owl ({KEEPER})"}
        assert set(groups_after_login()) == set(first) - gone | renamed


def test_groups_that_are_objects_let_in_nobody_who_has_one(
    private_key: str, browser: Browser
) -> None:
    with registered(private_key, OBJECTS) as behind:
        source = behind.source
        with pytest.raises(ServerError, match="unhashable"):
            source.callback(browser.sign_in(source.redirect(), ADA))
