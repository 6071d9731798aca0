"""``snowflake keys``."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from snowflake.cli.running import with_state
from snowflake.errors import StartFault
from snowflake.keyring import ANNOUNCEMENT, Key
from snowflake.state import State

keys = typer.Typer(
    name="keys", help="List and rotate the keys that sign tokens.", no_args_is_help=True
)


@keys.command("list")
def list_keys() -> None:
    """List the keys that are published, and say which one signs."""

    async def work(state: State) -> tuple[str, list[Key]]:
        return state.keys.current.kid, state.keys.all

    current, ring = with_state(work)
    for key in ring:
        since = datetime.fromtimestamp(key.signs_from, UTC).strftime("%Y-%m-%d %H:%M UTC")
        mark = "signs" if key.key.kid == current else "published"
        typer.echo(f"{key.key.kid}  {mark:9}  from {since}")


@keys.command()
def rotate(
    *,
    now: Annotated[
        bool,
        typer.Option(
            "--now",
            help="Sign with the new key at once. Applications that keep our keys for hours, as "
            "Authentik does, refuse logins until they look again.",
        ),
    ] = False,
) -> None:
    """Make a new key. It is published at once and signs three hours later.

    The old one stays published until its last token has ended. Every running Snowflake follows
    within a minute.
    """

    async def work(state: State) -> Key:
        if state.settings.private_key is not None:
            raise StartFault(["SNOWFLAKE_PRIVATE_KEY: is set, and signs; change it instead"])
        return await state.keys.rotate(at_once=now)

    key = with_state(work)
    hours = int(ANNOUNCEMENT.total_seconds() // 3600)
    typer.echo(f"{key.key.kid} signs {'now' if now else f'in {hours} hours'}.")
