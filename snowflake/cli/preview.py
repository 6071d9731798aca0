"""``snowflake preview``."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from snowflake.cli.as_json import AsJson, show_json
from snowflake.cli.naming_clients import client_named
from snowflake.cli.naming_people import Person
from snowflake.configuration import load_settings
from snowflake.discord.client import DiscordClient
from snowflake.errors import StartFault
from snowflake.operator import preview as looking
from snowflake.operator.preview import ONLY_THEIRS, Gate, Preview
from snowflake.people.visible import visible
from snowflake.settings import REPOSITORY
from snowflake.state.subjects import kept_subjects
from snowflake.telemetry.logs import configure_logs

#: Verdicts after which the exit status is 0.
LET_IN: Final = frozenset({"let_in", "undecided"})


def preview(
    *,
    client: Annotated[
        str, typer.Option(metavar="ID", help="A registered client, or a Discord application.")
    ],
    person: Person,
    as_json: AsJson = False,
) -> None:
    """Show what a client would get of a person, and which condition says what.

    Nobody signs in for it: the bot looks. It sees neither somebody's address nor their settings
    nor guilds that it is not in itself. The exit status is 1 if they would not be let in.
    """
    settings = load_settings().model_copy(update={"log_level": "error"})
    # JSON stands alone on standard output.
    configure_logs(settings, sys.stderr)
    known = client_named(client, settings)
    if not known.signs_in_people:
        raise StartFault(["--client: is a machine, to which nobody signs in"])
    if settings.discord_bot_token is None:
        raise StartFault(["SNOWFLAKE_DISCORD_BOT_TOKEN: is needed for a preview"])

    async def look() -> Preview | None:
        async with DiscordClient.open(
            settings.discord_api_url, REPOSITORY, bot_token=settings.discord_bot_token
        ) as discord:
            subjects = await kept_subjects(known, settings)
            return await looking.preview(known, person, discord.bot, subjects, time.time())

    seen = asyncio.run(look())
    if seen is None:
        typer.echo("Discord knows nobody by this ID.", err=True)
        raise typer.Exit(1)
    if as_json:
        show_json(_shown(seen, client))
    else:
        for line in _lines(seen):
            # Others choose their names, and may mean them for the terminal.
            typer.echo(visible(line))
    if seen.verdict not in LET_IN:
        raise typer.Exit(1)


def _lines(seen: Preview) -> Iterator[str]:
    user = seen.person.user
    yield _verdict(seen)
    yield ""
    yield f"{user.global_name or user.account} ({user.account}, {user.id})"
    yield "conditions" if seen.gates else "conditions: none"
    for gate in seen.gates:
        yield f"  {gate.name}: {gate.untold or _said(gate)}"
    yield "claims"
    for claim, value in seen.claims.items():
        yield f"  {claim}: {json.dumps(value, ensure_ascii=False)}"
    for claim, reason in seen.failed.items():
        yield f"  {claim}: left out, since its expression {reason}"
    for claim in seen.unknown:
        yield f"  {claim}: {ONLY_THEIRS}"
    if seen.needs.guilds:
        yield "Guilds that the bot is not in are left out."
    for guild in seen.unseen:
        yield (
            f"The bot is not in guild {guild}: until it is, each login is answered "
            "temporarily_unavailable."
        )


def _verdict(seen: Preview) -> str:
    match seen.verdict:
        case "let_in":
            return "would be let in"
        case "undecided":
            gates = " or ".join(gate.name for gate in seen.gates if gate.untold)
            return f"would be let in, unless {gates} refuses: {ONLY_THEIRS}"
        case "refused":
            return f"would be refused: {', '.join(g.name for g in seen.gates if g.refuses)}"
        case "unavailable":
            where = f"the bot is not in guild {', '.join(seen.unseen)}"
            why = where if seen.unseen else "Discord does not say which guild is which"
            return f"would be refused: temporarily_unavailable, since {why}"


def _said(gate: Gate) -> str:
    return "lets them in" if gate.refusal is None else f"refuses: {gate.refusal.sentence}"


# JSON of a shape of ours; the guide explains its keys.
def _shown(seen: Preview, client: str) -> dict[str, Any]:
    user = seen.person.user
    return {
        "verdict": seen.verdict,
        "client": client,
        "person": {"id": user.id, "username": user.account, "name": user.global_name},
        "conditions": [
            {
                "condition": gate.name,
                "lets_in": None if gate.untold else gate.refusal is None,
                "reason": gate.untold or (gate.refusal.sentence if gate.refusal else ""),
            }
            for gate in seen.gates
        ],
        "claims": dict(seen.claims),
        "failed_claims": dict(seen.failed),
        "unknown_claims": list(seen.unknown),
        "guilds_without_bot": list(seen.unseen),
    }
