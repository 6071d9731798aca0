"""What ``snowflake authentik`` prints leads Authentik's source through a login."""

from typer.testing import CliRunner

from snowflake.cli import app
from tests.clients.authentik import REDIRECT_URI
from tests.clients.blueprint import source_from
from tests.journeys.browser import Browser
from tests.journeys.world import ADA, CLIENT_SECRET, World


def test_a_discord_application_signs_people_in(world: World, browser: Browser) -> None:
    party = world.party(redirect_uri=REDIRECT_URI)
    command = ["authentik", "--client", party.client_id, "--issuer", party.issuer]
    result = CliRunner().invoke(app, [*command, "--authentik", "https://app.example.com"])
    assert result.exit_code == 0, result.output
    # What the comment tells the operator to enter is what the portal has.
    [entered] = world.discord.applications[party.client_id].redirect_uris
    assert f"#    {entered}\n" in result.stdout
    environment = {"DISCORD_CLIENT_SECRET": CLIENT_SECRET}
    source = source_from(result.stdout, world.http, environment)
    account = source.callback(browser.sign_in(source.redirect(), ADA))
    assert (account.identifier, account.username) == (ADA, "ada.lindqvist")
    assert len(account.groups) == 3
