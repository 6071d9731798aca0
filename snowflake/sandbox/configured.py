"""How the sandbox's Snowflake is configured, and the clients that its applications are."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from snowflake.configuration import load_some
from snowflake.crypto.private_keys import generate_key
from snowflake.errors import StartFault
from snowflake.sandbox.discord.places import APPLICATION_ID
from snowflake.sandbox.upstream.conditions import CONDITIONS
from snowflake.settings import Settings
from snowflake.settings.phc import HASH
from snowflake.settings.registry import OF_CLIENTS, Registry
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from snowflake.settings.tables.linked_roles import LinkedRolesTable

#: The Discord application of the sandbox, and its bot. Their secrets are no secrets.
CLIENT_ID, CLIENT_SECRET = APPLICATION_ID, "the-sandbox-has-no-secrets"
BOT_TOKEN = "the-bot-of-the-sandbox-has-none-either"  # noqa: S105 - for everybody to see

#: Snowflake's client ID at the simulated provider, where its secret is the same.
PROVIDER_CLIENT = "snowflake"

#: The clients of the two applications.
EXAMPLE_CLIENT, ANOTHER = "example", "another"
#: That of the television.
TELEVISION = "television"
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


def of_example(origin: str) -> ClientTable:
    """Answer the client of the first application, which is told of logouts by its server."""
    return ClientTable(
        id=EXAMPLE_CLIENT,
        name="Example application",
        secret=SecretStr(CLIENT_SECRET),
        redirect_uris=(f"{origin}/callback",),
        post_logout_redirect_uris=(f"{origin}/",),
        backchannel_logout_uri=f"{origin}/backchannel-logout",
        # What a claim by expression looks like. Their own token tells it, of those who let it.
        claims={"servers_owned": "guilds[?owner].name"},
    )


def of_another(origin: str) -> ClientTable:
    """Answer the client of the second one, which is told in the browser."""
    return ClientTable(
        id=ANOTHER,
        name="Another application",
        secret=SecretStr(CLIENT_SECRET),
        redirect_uris=(f"{origin}/callback",),
        post_logout_redirect_uris=(f"{origin}/",),
        frontchannel_logout_uri=f"{origin}/frontchannel-logout",
    )


def of_television() -> ClientTable:
    """Answer the client of the television, which keeps no secret from whoever opens it."""
    return ClientTable(id=TELEVISION, name="Television", public=True, grant_types=(DEVICE_CODE,))


def linked_roles_at(issuer: str) -> LinkedRolesTable:
    """Answer the table of linked roles with the simulated provider."""
    return LinkedRolesTable.model_validate(
        {
            "issuer": issuer,
            "client_id": PROVIDER_CLIENT,
            "client_secret": CLIENT_SECRET,
            "platform_name": "Example Society",
            "metadata": CONDITIONS,
        }
    )


def settings_for(
    discord_origin: str, linked_roles: LinkedRolesTable, trial: Trial | None
) -> Settings:
    """Answer the settings of the sandbox's Snowflake, with what a file to try says.

    Raises:
        StartFault: the file cannot be used.
    """
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
    """Let a client sign people in at the example application.

    It knows no secret by its hash, and reads what is signed as usual and in the clear.
    """
    secret = client.secret
    if secret is not None and secret.get_secret_value().startswith(HASH):
        secret = SecretStr(CLIENT_SECRET)
    redirect_uris = (*client.redirect_uris, EXAMPLE)
    in_the_clear = {"signing_alg": "RS256", "signed_userinfo": False, "encryption_key": None}
    changes = {"redirect_uris": redirect_uris, "secret": secret, **in_the_clear}
    return client.model_copy(update=changes)


def issuer_for(client_id: str, settings: Settings, snowflake: str) -> str:
    """Answer the issuer that a client knows, which a file may have given it to itself."""
    client = Registry(settings).find(client_id)
    return client.issuer_below(snowflake) if client is not None else snowflake


def example_client(settings: Settings, trial: Trial | None) -> tuple[str, str | None]:
    """Answer the client ID and secret of the example application.

    Raises:
        StartFault: the file to try has no such client.
    """
    if trial is None:
        return EXAMPLE_CLIENT, CLIENT_SECRET
    if trial.client_id is None:
        return CLIENT_ID, CLIENT_SECRET
    for client in settings.clients:
        if client.id == trial.client_id:
            if not client.requestable:
                raise StartFault(["--client: signs in nobody by a browser, by its grant_types"])
            return client.id, client.secret.get_secret_value() if client.secret else None
    raise StartFault([f"--client: is not registered in {trial.file}"])
