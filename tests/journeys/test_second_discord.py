from pathlib import Path

import httpx

from snowflake.sandbox.serving import serving
from tests.journeys import second_discord
from tests.journeys.browser import Browser, arrival
from tests.journeys.relying_party import RelyingParty, Secrets, about_the_person, tokens_of
from tests.journeys.second_discord import SecondDiscord
from tests.serving import free_port, snowflake

REDIRECT_URI = "https://app.example.com/callback"


def test_snowflake_speaks_to_the_discord_that_it_was_told_of(
    tmp_path: Path, browser: Browser
) -> None:
    port = free_port()
    issuer = f"http://localhost:{port}"
    discord = SecondDiscord(f"{issuer}/r/{REDIRECT_URI}")
    with serving(discord.app) as origin, httpx.Client(trust_env=False) as http:
        settings = {
            "SNOWFLAKE_DISCORD_API_URL": origin + second_discord.API,
            "SNOWFLAKE_DISCORD_AUTHORIZE_URL": origin + second_discord.AUTHORIZE,
        }
        with snowflake(tmp_path, settings, port=port):
            party, login = (
                RelyingParty(
                    issuer,
                    second_discord.CLIENT_ID,
                    second_discord.CLIENT_SECRET,
                    http,
                    REDIRECT_URI,
                    "client_secret_basic",
                ),
                Secrets(),
            )
            code = party.code(login, arrival(browser.open(party.begin(login))))
            claims = party.claims(tokens_of(party.redeem(login, code)))
    assert about_the_person(claims) == {
        "sub": "99",
        "name": "second",
        "preferred_username": "second",
        "nickname": "second",
        "locale": "de",
        "picture": "https://cdn.discordapp.com/embed/avatars/0.png",
        "email": "second@example.com",
        "email_verified": True,
        "groups": ["7", "8"],
    }
    first, second, *rest = discord.paths
    assert (first, second) == (second_discord.AUTHORIZE, f"{second_discord.API}/oauth2/token")
    assert sorted(rest) == [
        f"{second_discord.API}/users/@me",
        f"{second_discord.API}/users/@me/guilds",
    ]
