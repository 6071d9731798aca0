"""Options that name a client, and what is checked of them."""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from snowflake.configuration.hints import guess
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.settings.registry import Registry
from snowflake.settings.values import DiscordId

discord_id = TypeAdapter[str](DiscordId)


def client_named(client_id: str, settings: Settings) -> Client:
    """Answer the client that ``--client`` names.

    Raises:
        StartFault: there is none.
    """
    client = Registry(settings).find(client_id)
    if client is None:
        raise StartFault([f"--client: {_why_unknown(client_id, settings)}"])
    if client.registered is None:
        checked(discord_id, client_id, "--client")
    return client


def _why_unknown(client_id: str, settings: Settings) -> str:
    registered = [table.id for table in settings.clients]
    if client_id == settings.discord_client_id:
        # Whoever has one application at Discord takes its ID for that of every application.
        why = "is Snowflake's own Discord application; name what is to sign in through it"
        return f"{why}: {' or '.join(registered)}" if registered else f"{why}, once registered"
    return (
        "is not registered, nor among SNOWFLAKE_ALLOWED_CLIENTS"
        f"{guess(client_id, registered) or _listed(registered)}"
    )


def _listed(registered: Sequence[str]) -> str:
    return f"; registered are {', '.join(registered)}" if registered else ""


def checked(kind: TypeAdapter[str], value: str, option: str) -> str:
    """Answer the value of an option, as that kind of value.

    Raises:
        StartFault: it is none.
    """
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise StartFault([f"{option}: {reason[0].lower()}{reason[1:]}"]) from None
