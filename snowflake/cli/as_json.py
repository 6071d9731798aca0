"""What a command tells other programs."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from snowflake.people.visible import is_seen

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]


# JSON of any shape.
def show_json(value: Any) -> None:
    """Print JSON as people can read it, too."""
    typer.echo("".join(_shown(json.dumps(value, indent=2, ensure_ascii=False))))


def _shown(text: str) -> Iterator[str]:
    """Escape what nobody sees: others choose names, and may mean them for the terminal."""
    for character in text:
        is_shown = character == "\n" or is_seen(character)
        yield character if is_shown else json.dumps(character)[1:-1]
