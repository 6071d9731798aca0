"""Options that name a client, and what is checked of them."""

from pydantic import TypeAdapter, ValidationError

from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.registry import Client, Registry
from snowflake.settings.values import DiscordId

discord_id = TypeAdapter[str](DiscordId)


def client_named(client_id: str, settings: Settings) -> Client:
    """Answer the client that ``--client`` names.

    Raises:
        StartFault: there is none.
    """
    client = Registry(settings).find(client_id)
    if client is None:
        raise StartFault(["--client: is not registered, nor among SNOWFLAKE_ALLOWED_CLIENTS"])
    if client.registered is None:
        checked(discord_id, client_id, "--client")
    return client


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
