"""The claims for applications that the guide shows, as the people of the sandbox get them."""

import re
import tomllib
from collections.abc import Iterator
from typing import Final

import pytest
from pydantic import SecretStr

from snowflake.discord.client import DiscordClient
from snowflake.operator.preview import preview
from snowflake.people.subjects import Subjects
from snowflake.sandbox.discord import BOT_GUILDS, Application, Bot, SimulatedDiscord
from snowflake.sandbox.discord.cast import FANCIER, TIMED_OUT
from snowflake.sandbox.discord.places import ADA, LIGHTHOUSE, SOURDOUGH
from snowflake.sandbox.serving import serving
from snowflake.settings import REPOSITORY, Settings
from snowflake.settings.registry import Registry
from snowflake.settings.tables.clients import ClientTable
from tests.guides.documents import text_of
from tests.login import APPLICATION, CLIENT_ID
from tests.running import NOW

GUIDE: Final = text_of("snowflake/guides/applications.md")
HERMIT: Final = "1180264139540275200"
TOMAS: Final = "951437208843669504"
#: What people get whose roles one can look up in the sandbox's cast; worked out by hand.
EXPECTED: Final[dict[str, dict[str, object]]] = {
    "role": {ADA: "Admin", TIMED_OUT: "Admin", TOMAS: "Viewer", HERMIT: "Viewer"},
    "policy": {ADA: ["readwrite", "diagnostics"], TOMAS: None, HERMIT: None},
    "quota": {FANCIER: "50 GB", ADA: "5 GB", HERMIT: "5 GB"},
    # The bot is not in the club for trains, and a preview does not see it.
    "groups": {ADA: [f"discord:{LIGHTHOUSE}", f"discord:{SOURDOUGH}"], HERMIT: []},
    "nickname": {ADA: "Keeper Ada", TOMAS: "tomas.by.phone", HERMIT: "hermit"},
}


def recipes() -> dict[str, str]:
    _, section = GUIDE.split("\n## Claims for applications\n")
    block = re.search(r"^```toml\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert block is not None
    clients = tomllib.loads(block[1])["clients"]
    return {claim: text for client in clients for claim, text in client["claims"].items()}


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """Answer the URL of a Discord with a bot."""
    discord = SimulatedDiscord()
    bot = Bot("bot-token", guilds=BOT_GUILDS)
    discord.register(Application(id=CLIENT_ID, name="Snowflake", secret="secret", bot=bot))
    with serving(discord.app) as origin:
        yield f"{origin}/api/v10"


def test_every_recipe_is_held_against_people() -> None:
    assert recipes().keys() == EXPECTED.keys()


@pytest.mark.parametrize(
    ("claim", "person", "value"),
    [(claim, person, value) for claim, of in EXPECTED.items() for person, value in of.items()],
)
async def test_people_get_what_the_recipe_says(
    api: str, claim: str, person: str, value: object
) -> None:
    table = {"id": "app", "secret": "s", "redirect_uris": [APPLICATION]}
    client = ClientTable.model_validate({**table, "claims": {claim: recipes()[claim]}})
    token = SecretStr("bot-token")
    settings = Settings(clients=(client,), discord_client_id=CLIENT_ID, discord_bot_token=token)
    registered = Registry(settings).find("app")
    assert registered is not None
    async with DiscordClient.open(api, REPOSITORY, bot_token=token) as discord:
        seen = await preview(registered, person, discord.bot, Subjects(None), NOW)
    assert seen is not None
    assert seen.failed == {}
    assert seen.claims.get(claim) == value
