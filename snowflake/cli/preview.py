"""``snowflake preview``."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from snowflake import preview as looking
from snowflake.cli.naming_clients import client_named
from snowflake.cli.naming_people import Person
from snowflake.configuration import load_settings
from snowflake.discord.client import DiscordClient
from snowflake.errors import StartFault
from snowflake.logs import configure_logs
from snowflake.preview import ONLY_THEIRS, Gate, Preview
from snowflake.settings import REPOSITORY
from snowflake.visible import visible


def preview(
    *,
    client: Annotated[
        str, typer.Option(metavar="ID", help="A registered client, or a Discord application.")
    ],
    person: Person,
) -> None:
    """Show what a client would get of a person, and which gate says what.

    Nobody signs in for it: the bot looks. It sees neither somebody's address nor their settings
    nor guilds that it is not in itself.
    """
    settings = load_settings().model_copy(update={"log_level": "error"})
    configure_logs(settings)
    known = client_named(client, settings)
    if settings.discord_bot_token is None:
        raise StartFault(["SNOWFLAKE_DISCORD_BOT_TOKEN: is needed for a preview"])

    async def look() -> Preview | None:
        async with DiscordClient.open(
            settings.discord_api_url, REPOSITORY, bot_token=settings.discord_bot_token
        ) as discord:
            return await looking.preview(known, person, discord.bot, time.time())

    _show(asyncio.run(look()))


def _show(seen: Preview | None) -> None:
    if seen is None:
        typer.echo("Discord knows nobody by this ID.", err=True)
        raise typer.Exit(1)
    for line in _lines(seen):
        # Others choose their names, and may mean them for the terminal.
        typer.echo(visible(line))


def _lines(seen: Preview) -> Iterator[str]:
    user = seen.person.user
    yield f"{user.global_name or user.account} ({user.account}, {user.id})"
    yield ""
    yield "gates" if seen.gates else "gates: none"
    for gate in seen.gates:
        yield f"  {gate.name}: {_verdict(gate)}"
    yield "claims"
    for claim, value in seen.claims.items():
        yield f"  {claim}: {json.dumps(value, ensure_ascii=False)}"
    for claim in seen.unknown:
        yield f"  {claim}: {ONLY_THEIRS}"
    if seen.needs.guilds:
        yield "Guilds that the bot is not in are left out."
    for guild in seen.unseen:
        yield (
            f"The bot is not in guild {guild}: until it is, each login is answered "
            "temporarily_unavailable."
        )


def _verdict(gate: Gate) -> str:
    refused = "lets them in" if gate.refusal is None else f"refuses: {gate.refusal.sentence}"
    return gate.untold or refused
