"""``snowflake keys``."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from snowflake.cli.as_json import AsJson, show_json
from snowflake.cli.running import with_state
from snowflake.errors import StartFault
from snowflake.state import State
from snowflake.state.key_ring import Key, Part

#: What a key does -> how that is told, with its time behind it.
WORDS = {"signs": "signs since", "next": "next from", "old": "old until"}


def list_keys(*, as_json: AsJson = False) -> None:
    """List the keys that are published, and say what each is there for."""

    async def work(state: State) -> list[Part]:
        return state.keys.parts

    parts = with_state(work)
    if as_json:
        show_json([_shown(part) for part in parts])
        return
    for part in parts:
        typer.echo(f"{part.key.key.kid}  {_told(part)}")


def rotate(
    *,
    now: Annotated[
        bool,
        typer.Option(
            "--now",
            help="Sign with the new key at once, and drop those that wait. Applications that keep "
            "our keys for hours, as Authentik does, refuse logins until they look again.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Add a key although another one waits to sign.")
    ] = False,
) -> None:
    """Make a new key. It is published at once and signs three hours later.

    The old one stays published until its last token has ended. Every running Snowflake follows
    within seconds.
    """

    async def work(state: State) -> tuple[Key | None, list[Key]]:
        if state.settings.private_key is not None:
            raise StartFault(["SNOWFLAKE_PRIVATE_KEY: is set, and signs; change it instead"])
        waiting = state.keys.waiting
        if waiting and not (now or force):
            return None, waiting
        return await state.keys.rotate(at_once=now), waiting

    key, waiting = with_state(work)
    if key is None:
        [first, *_] = waiting
        typer.echo(
            f"{first.key.kid} is new already, and signs from {_time(first.signs_from)}. Nothing "
            "was done. --now signs with a new one at once instead, --force adds one behind it.",
            err=True,
        )
        raise typer.Exit(1)
    typer.echo(f"{key.key.kid} signs {'now' if now else f'from {_time(key.signs_from)}'}.")
    for other in waiting if now else ():
        typer.echo(f"{other.key.kid} was to be next, and has been dropped.")


def _told(part: Part) -> str:
    if part.at is None:
        kept = "kept for the time after SNOWFLAKE_PRIVATE_KEY"
        return kept if part.role == "kept" else "signs, and is that of SNOWFLAKE_PRIVATE_KEY"
    return f"{WORDS[part.role]} {_time(part.at)}"


# JSON of a shape of ours; the README explains its keys.
def _shown(part: Part) -> dict[str, Any]:
    at = None if part.at is None else int(part.at)
    return {"kid": part.key.key.kid, "role": part.role, "at": at}


def _time(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M UTC")
