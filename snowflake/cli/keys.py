"""``snowflake keys``."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from snowflake.cli.as_json import AsJson, show_json
from snowflake.cli.running import with_state
from snowflake.crypto.algorithms import KeyAlgorithm
from snowflake.errors import StartFault
from snowflake.state import State
from snowflake.state.key_ring import Key, KeyRing, Part

#: What a key does -> how that is told, with its time behind it.
WORDS = {"signs": "signs since", "next": "next from", "old": "old until"}
#: The same where no time belongs to it.
TIMELESS = {
    "signs": "signs, and is that of SNOWFLAKE_PRIVATE_KEY",
    "published": "published, and is that of SNOWFLAKE_PRIVATE_KEY",
    "kept": "kept for the time after SNOWFLAKE_PRIVATE_KEY",
    "old": "old, and no client's any more",
}


def list_keys(*, as_json: AsJson = False) -> None:
    """List the keys that are published, and say what each is there for."""

    async def work(state: State) -> list[Part]:
        return state.keys.parts

    parts = with_state(work)
    if as_json:
        show_json([_shown(part) for part in parts])
        return
    for part in parts:
        typer.echo(f"{part.key.kid}  {part.key.algorithm.name}  {_told(part)}")


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
    alg: Annotated[
        KeyAlgorithm | None,
        typer.Option("--alg", help="Of this algorithm alone. By default of each that is used."),
    ] = None,
) -> None:
    """Make a new key. It is published at once and signs three hours later.

    The old one stays published until its last token has ended. Every running Snowflake follows
    within seconds.
    """

    async def work(state: State) -> tuple[list[Key], list[Key]]:
        algorithms = _rotated(state.keys, alg)
        waiting = [key for name in algorithms for key in state.keys.waiting(name)]
        if waiting and not (now or force):
            return [], waiting
        return [await state.keys.rotate(name, at_once=now) for name in algorithms], waiting

    keys, waiting = with_state(work)
    if not keys:
        [first, *_] = waiting
        typer.echo(
            f"{first.key.kid} is new already, and signs from {_time(first.signs_from)}. Nothing "
            "was done. --now signs with a new one at once instead, --force adds one behind it.",
            err=True,
        )
        raise typer.Exit(1)
    for key in keys:
        when = "now" if now else f"from {_time(key.signs_from)}"
        typer.echo(f"{key.key.kid} signs {when}, by {key.key.algorithm.name}.")
    for other in waiting if now else ():
        typer.echo(f"{other.key.kid} was to be next, and has been dropped.")


def _rotated(keys: KeyRing, asked: KeyAlgorithm | None) -> list[str]:
    """Answer the algorithms of which there is to be a new key.

    Raises:
        StartFault: it is the operator's keys that sign, or nothing is signed by that algorithm.
    """
    if asked is not None and asked not in keys.algorithms:
        raise StartFault([f"--alg: no client signs by {asked}"])
    rotated = [name for name in keys.rotated if asked is None or name == asked]
    if not rotated:
        raise StartFault(["SNOWFLAKE_PRIVATE_KEY: is set, and signs; change it instead"])
    return rotated


def _told(part: Part) -> str:
    return TIMELESS[part.role] if part.at is None else f"{WORDS[part.role]} {_time(part.at)}"


# JSON of a shape of ours; the README explains its keys.
def _shown(part: Part) -> dict[str, Any]:
    at = None if part.at is None else int(part.at)
    return {"kid": part.key.kid, "alg": part.key.algorithm.name, "role": part.role, "at": at}


def _time(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M UTC")
