"""A simulated Discord with a Snowflake before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import httpx

from snowflake.sandbox.discord import BOT_GUILDS, Application, Bot, SimulatedDiscord
from snowflake.sandbox.serving import serving
from tests.journeys.browser import APPLICATION_HOST, Browser
from tests.journeys.relying_party import Json, RelyingParty, Secrets, tokens_of
from tests.serving import Snowflake, snowflake

# Characters that a form encodes, in case somebody's secret has them.
CLIENT_SECRET = "s3cret-+/=%:&~"
ADA = "189462537114681345"
CALLBACK = f"https://{APPLICATION_HOST}/callback"
#: Snowflake's own application, through which people sign in to registered clients, and its bot.
OWN_ID, OWN_SECRET = "1056005449054429299", "the-secret-of-our-own"
BOT_TOKEN = "the-token-of-our-own-bot"
_client_ids = (str(number) for number in count(1_100_000_000_000_000_001))


@dataclass(frozen=True)
class World:
    """Everything that a login needs but the application.

    With ``registers``, the applications that it makes are registered clients: those that are called
    "confidential" and "public" in the configuration.
    """

    discord: SimulatedDiscord
    discord_origin: str
    snowflake: Snowflake
    http: httpx.Client
    registers: bool = False

    @property
    def registering(self) -> "World":
        """The same, where applications are registered clients."""
        return replace(self, registers=True)

    def party(
        self,
        issuer: str | None = None,
        *,
        redirect_uri: str = CALLBACK,
        public: bool = False,
    ) -> RelyingParty:
        """Make an application of its own, and enter it in the Developer Portal.

        ``public`` is the switch there; such an application begins with PKCE and without a secret.
        """
        if self.registers:
            return self.client("public" if public else "confidential", redirect_uri, public=public)
        issuer, client_id = issuer or self.snowflake.origin, next(_client_ids)
        self.discord.applications[client_id] = Application(
            id=client_id,
            name="An application",
            secret=CLIENT_SECRET,
            redirect_uris=(f"{issuer}/r/{redirect_uri}",),
            public=public,
        )
        return RelyingParty(
            issuer,
            client_id,
            None if public else CLIENT_SECRET,
            self.http,
            redirect_uri,
            method="none" if public else "client_secret_basic",
        )

    def client(
        self, client_id: str, redirect_uri: str = CALLBACK, *, public: bool = False
    ) -> RelyingParty:
        """Answer the application behind a registered client of the configuration."""
        return RelyingParty(
            self.snowflake.origin,
            client_id,
            None if public else CLIENT_SECRET,
            self.http,
            redirect_uri,
            method="none" if public else "client_secret_basic",
        )


def variables(discord_origin: str) -> dict[str, str]:
    """Answer the settings that lead Snowflake to a Discord."""
    return {
        "SNOWFLAKE_DISCORD_API_URL": f"{discord_origin}/api/v10",
        "SNOWFLAKE_DISCORD_AUTHORIZE_URL": f"{discord_origin}/oauth2/authorize",
    }


@contextmanager
def world(
    directory: Path, settings: dict[str, str] | None = None, *options: str, file: str | None = None
) -> Iterator[World]:
    """Run both until the block ends. ``file`` is the text of a ``snowflake.toml``.

    With one, Snowflake has an application of its own, whose bot it uses if it gets ``BOT_TOKEN``.
    """
    discord = SimulatedDiscord()
    own = {}
    if file is not None:
        path = directory / "snowflake.toml"
        path.write_text(file, "utf-8")
        own = {
            "SNOWFLAKE_CONFIG": str(path),
            "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
            "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
        }
    # Snowflake's bot asks as soon as there is a Snowflake.
    bot = Bot(BOT_TOKEN, BOT_GUILDS)
    discord.register(Application(id=OWN_ID, name="Snowflake", secret=OWN_SECRET, bot=bot))
    with (
        serving(discord.app) as origin,
        snowflake(directory, {**variables(origin), **own, **(settings or {})}, *options) as running,
        httpx.Client(trust_env=False, timeout=15) as http,
    ):
        discord.add_redirect_uri(OWN_ID, f"{running.origin}/callback")
        yield World(discord, origin, running, http)


def sign_in(party: RelyingParty, browser: Browser, person: str = ADA) -> tuple[Json, Json]:
    """Log somebody in, start to end. Answer the claims of ID token and UserInfo."""
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), person))
    tokens = tokens_of(party.redeem(login, code))
    claims = party.claims(tokens)
    assert claims["nonce"] == login.nonce
    return claims, party.userinfo(tokens)
