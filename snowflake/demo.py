"""The sandbox, wired up: a simulated Discord, Snowflake and an example application.

``snowflake sandbox`` runs it. To try an application of yours in your own tests, use ``running``.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from snowflake.keys import generate_key
from snowflake.logs import configure_logs
from snowflake.sandbox.discord import BOT_GUILDS, Application, Bot, SimulatedDiscord
from snowflake.sandbox.discord.places import APPLICATION_ID
from snowflake.sandbox.example import create_example
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.web.app import create_app

#: The Discord application of the sandbox, and its bot. Their secrets are no secrets.
CLIENT_ID, CLIENT_SECRET = APPLICATION_ID, "the-sandbox-has-no-secrets"
BOT_TOKEN = "the-bot-of-the-sandbox-has-none-either"  # noqa: S105 - for everybody to see


class Sandbox(NamedTuple):
    """Where the three are reached, the client as which applications may sign in, and its bot."""

    example: str
    snowflake: str
    discord: str
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    bot_token: str = BOT_TOKEN


class SandboxSettings(Settings):
    """Settings that no variable reaches: the sandbox is the same for everybody."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments alone."""
        return (init_settings,)


@contextmanager
def running(port: int | None = None, redirect_uris: Iterable[str] = ()) -> Iterator[Sandbox]:
    """Run the three until the block ends; without ``port``, on ports that are free.

    ``redirect_uris`` are those of further applications that use the same client.

    Raises:
        OSError: a port is taken.
    """
    ports = (port, port + 1, port + 2) if port else (0, 0, 0)
    discord = SimulatedDiscord()
    with serving(discord.app, ports[2]) as discord_origin:
        settings = SandboxSettings(
            private_key=SecretStr(generate_key()),
            database_url=SecretStr("sqlite://"),
            secret_key=SecretStr(secrets.token_urlsafe(32)),
            discord_api_url=f"{discord_origin}/api/v10",
            discord_authorize_url=f"{discord_origin}/oauth2/authorize",
            log_level="warning",
        )
        configure_logs(settings)
        with serving(create_app(settings), ports[1]) as snowflake:
            example_app = create_example(
                snowflake, CLIENT_ID, CLIENT_SECRET, secret_key=secrets.token_urlsafe(32)
            )
            with serving(example_app, ports[0]) as example:
                uris = (f"{example}/callback", *redirect_uris)
                discord.register(
                    Application(
                        id=CLIENT_ID,
                        name="Example application",
                        secret=CLIENT_SECRET,
                        # The long form for this Snowflake, the plain one for another; and that
                        # of clients which are registered here.
                        redirect_uris=(
                            *uris,
                            *(f"{snowflake}/r/{uri}" for uri in uris),
                            f"{snowflake}/callback",
                        ),
                        public=True,
                        bot=Bot(BOT_TOKEN, BOT_GUILDS),
                    )
                )
                yield Sandbox(example, snowflake, discord_origin)
