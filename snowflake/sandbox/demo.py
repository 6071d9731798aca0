"""The sandbox, wired up: a simulated Discord, Snowflake and an example application.

A simulated OpenID provider stands by for linked roles.

``snowflake sandbox`` runs it. To try an application of yours in your own tests, use ``running``.
"""

import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from snowflake.configuration import load_some
from snowflake.crypto.keys import generate_key
from snowflake.errors import StartFault
from snowflake.linked_roles.paths import DISCORD, START, UPSTREAM
from snowflake.linked_roles.schema import schema_of
from snowflake.protocol.paths import CALLBACK, FORWARDING
from snowflake.sandbox.discord import BOT_GUILDS, Application, Bot, SimulatedDiscord
from snowflake.sandbox.discord.places import APPLICATION_ID, COLLECTED, GUILDS
from snowflake.sandbox.example import Surroundings, create_example
from snowflake.sandbox.serving import serving
from snowflake.sandbox.upstream import Client, SimulatedProvider
from snowflake.sandbox.upstream.conditions import CONDITIONS
from snowflake.settings import REPOSITORY, Settings
from snowflake.settings.phc import HASH
from snowflake.settings.registry import OF_CLIENTS
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.telemetry.logs import configure_logs
from snowflake.web.app import create_app

#: The Discord application of the sandbox, and its bot. Their secrets are no secrets.
CLIENT_ID, CLIENT_SECRET = APPLICATION_ID, "the-sandbox-has-no-secrets"
BOT_TOKEN = "the-bot-of-the-sandbox-has-none-either"  # noqa: S105 - for everybody to see

#: Snowflake's client ID at the simulated provider, where its secret is the same.
PROVIDER_CLIENT = "snowflake"

GUIDES = f"{REPOSITORY}/tree/main/snowflake/guides"
#: The clients of the two applications.
EXAMPLE_CLIENT, ANOTHER = "example", "another"
#: Where a registered client finds the example application. Its port is known only once it runs.
EXAMPLE = "http://localhost/callback"
#: What a configuration file may say here: all that holds for clients, but not who they are at
#: Discord; and what pages look like.
CONFIGURABLE = (OF_CLIENTS | {"pages"}) - {
    *("allowed_clients", "discord_client_id", "discord_client_secret", "linked_roles_at_login"),
}


@dataclass(frozen=True)
class Trial:
    """A configuration file to try on the people of the sandbox.

    The example application is the registered client ``client_id``; with None, a Discord
    application.
    """

    file: Path
    client_id: str | None = None


class Sandbox(NamedTuple):
    """Where all of it is reached, the client as which applications may sign in, and its bot.

    ``another`` is a second application, to which whoever is signed in to the first one is signed in
    at once; None where a configuration file is tried.
    """

    example: str
    snowflake: str
    discord: str
    provider: str
    another: str | None = None
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    bot_token: str = BOT_TOKEN

    @property
    def linked_role(self) -> str:
        """Where Discord would send somebody who wants a linked role."""
        return self.snowflake + START


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
def running(
    port: int | None = None,
    redirect_uris: Iterable[str] = (),
    trial: Trial | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Sandbox]:
    """Run all of it until the block ends; without ``port``, on ports that are free.

    ``host`` is the address to listen on; all of it is reached as ``localhost`` whatever that is.
    ``redirect_uris`` are those of further applications that use the same client. Snowflake has a
    bot in a ``trial`` alone.

    Raises:
        OSError: a port is taken.
        StartFault: the configuration file to try cannot be used.
    """
    ports = range(port, port + 5) if port else (0,) * 5
    discord, provider = SimulatedDiscord(), SimulatedProvider()
    with (
        serving(discord.app, ports[2], host) as discord_origin,
        serving(provider.app, ports[3], host) as provider_origin,
    ):
        # Snowflake's bot asks as soon as there is a Snowflake.
        application = Application(
            id=CLIENT_ID,
            name="Example application",
            secret=CLIENT_SECRET,
            public=True,
            bot=Bot(BOT_TOKEN, BOT_GUILDS),
        )
        discord.register(application)
        linked_roles = _linked_roles(provider.issuer_at(provider_origin))
        schema = [item.model_dump(exclude_none=True) for item in schema_of(linked_roles)]
        discord.role_connections.put_schema(CLIENT_ID, json.dumps(schema).encode())
        settings = _settings(discord_origin, linked_roles, trial)
        client_id, client_secret = _example(settings, trial)
        # What happens in a sandbox is of no account.
        configure_logs(settings, audited=False)
        app = create_app(settings)
        with ExitStack() as stack:
            snowflake = stack.enter_context(serving(app, ports[1], host))

            def apply(
                client_id: str, client_secret: str | None, at: int, surroundings: Surroundings
            ) -> str:
                key = secrets.token_urlsafe(32)
                example = create_example(snowflake, client_id, client_secret, key, surroundings)
                return stack.enter_context(serving(example, at, host))

            surroundings, another = _surroundings(snowflake, trial), None
            if trial is None:
                second = replace(surroundings, name="Another application", is_first=False)
                another = apply(ANOTHER, CLIENT_SECRET, ports[4], second)
            first = replace(surroundings, other=another)
            example = apply(client_id, client_secret, ports[0], first)
            if another is not None:
                # Where they are is known only now.
                clients = (_of_example(example), _of_another(another))
                app.state.snowflake.use(settings.model_copy(update={"clients": clients}))
            uris = (f"{example}/callback", *redirect_uris)
            discord.register(
                replace(
                    application,
                    # The long form for this Snowflake, the plain one for another; those of clients
                    # which are registered here, and of linked roles.
                    redirect_uris=(
                        *uris,
                        *(f"{snowflake}{FORWARDING}{uri}" for uri in uris),
                        f"{snowflake}{CALLBACK}",
                        snowflake + DISCORD,
                    ),
                )
            )
            provider.register(
                Client(PROVIDER_CLIENT, CLIENT_SECRET, "Snowflake", (snowflake + UPSTREAM,))
            )
            yield Sandbox(example, snowflake, discord_origin, provider_origin, another)


def _surroundings(snowflake: str, trial: Trial | None) -> Surroundings:
    """Answer what both applications say; without a file their groups are the IDs of guilds.

    A file gives groups names of its own, and a role's name may read like the ID of a guild.
    """
    names = {} if trial else {guild.id: guild.name for guild in (*GUILDS, *COLLECTED)}
    return Surroundings(linked_role=snowflake + START, guides=GUIDES, group_names=names)


def _of_example(origin: str) -> ClientTable:
    """Answer the client of the first application, which is told of logouts by its server."""
    return ClientTable(
        id=EXAMPLE_CLIENT,
        name="Example application",
        secret=SecretStr(CLIENT_SECRET),
        redirect_uris=(f"{origin}/callback",),
        post_logout_redirect_uris=(f"{origin}/",),
        backchannel_logout_uri=f"{origin}/backchannel-logout",
    )


def _of_another(origin: str) -> ClientTable:
    """Answer the client of the second one, which is told in the browser."""
    return ClientTable(
        id=ANOTHER,
        name="Another application",
        secret=SecretStr(CLIENT_SECRET),
        redirect_uris=(f"{origin}/callback",),
        post_logout_redirect_uris=(f"{origin}/",),
        frontchannel_logout_uri=f"{origin}/frontchannel-logout",
    )


def _linked_roles(issuer: str) -> LinkedRolesTable:
    return LinkedRolesTable.model_validate(
        {
            "issuer": issuer,
            "client_id": PROVIDER_CLIENT,
            "client_secret": CLIENT_SECRET,
            "platform_name": "Example Society",
            "metadata": CONDITIONS,
        }
    )


def _settings(discord_origin: str, linked_roles: LinkedRolesTable, trial: Trial | None) -> Settings:
    # Of any type that a setting has.
    ours: dict[str, Any] = {
        "private_key": SecretStr(generate_key()),
        "database_url": SecretStr("sqlite://"),
        "secret_key": SecretStr(secrets.token_urlsafe(32)),
        "discord_api_url": f"{discord_origin}/api/v10",
        "discord_authorize_url": f"{discord_origin}/oauth2/authorize",
        "discord_client_id": CLIENT_ID,
        "discord_client_secret": SecretStr(CLIENT_SECRET),
        "linked_roles": linked_roles,
        "log_level": "warning",
    }
    if trial is None:
        return SandboxSettings(**ours)
    own = {
        "discord_bot_token": SecretStr(BOT_TOKEN),
        # The log names the gate that has turned somebody away.
        "log_level": "info",
    }
    settings = load_some(trial.file, CONFIGURABLE, SandboxSettings, {**ours, **own})
    clients = tuple(
        _at_example(client) if client.id == trial.client_id else client
        for client in settings.clients
    )
    return settings.model_copy(update={"clients": clients})


def _at_example(client: ClientTable) -> ClientTable:
    """Let a client sign people in at the example application, which knows no secret by its hash."""
    secret = client.secret
    if secret is not None and secret.get_secret_value().startswith(HASH):
        secret = SecretStr(CLIENT_SECRET)
    redirect_uris = (*client.redirect_uris, EXAMPLE)
    return client.model_copy(update={"redirect_uris": redirect_uris, "secret": secret})


def _example(settings: Settings, trial: Trial | None) -> tuple[str, str | None]:
    """Answer the client ID and secret of the example application."""
    if trial is None:
        return EXAMPLE_CLIENT, CLIENT_SECRET
    if trial.client_id is None:
        return CLIENT_ID, CLIENT_SECRET
    for client in settings.clients:
        if client.id == trial.client_id:
            return client.id, client.secret.get_secret_value() if client.secret else None
    raise StartFault([f"--client: is not registered in {trial.file}"])
