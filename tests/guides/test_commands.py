"""Every command that a document shows is one that there is."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from snowflake.cli import app
from tests.guides.documents import blocks, spans

IMAGE = "ghcr.io/celsiusnarhwal/snowflake"
#: What stands before the arguments of ``snowflake`` in a container.
RUNS = ("docker run", "docker compose exec", "docker compose run", "docker exec", "kubectl exec")


def _arguments(line: str) -> list[str] | None:
    """Answer the arguments of ``snowflake``, if this is a line that runs it."""
    line = line.removeprefix("$ ").split(" #")[0].strip()
    for end in (" > ", " >> ", " | ", " && ", " < ", "; "):
        line = line.split(end)[0]
    if line.startswith(RUNS):
        words = shlex.split(line)
        where = [
            index
            for index, word in enumerate(words)
            if word == "snowflake" or word.startswith((IMAGE, "IMAGE"))
        ]
        return words[where[-1] + 1 :] if where else None
    words = shlex.split(line) if line.split(" ")[0].endswith("snowflake") else []
    return words[1:] if words else None


def _shown() -> Iterator[tuple[str, list[str]]]:
    for block in blocks("shell", "console", "sh", "bash"):
        for line in block.text.replace("\\\n", "").splitlines():
            if block.language != "console" or line.startswith("$ "):
                arguments = _arguments(line)
                if arguments:
                    yield f"{block}: {line}", arguments
    for document, span in spans():
        if span.startswith(("snowflake ", ".venv/bin/snowflake ")) and "…" not in span:
            yield f"{document}: {span}", shlex.split(span)[1:]


def _check(command: Any, arguments: list[str], parent: Any = None) -> None:
    """Read arguments as the command would, without running it."""
    context = command.context_class(command, info_name=command.name, parent=parent)
    _, rest, _ = command.make_parser(context).parse_args(list(arguments))
    if isinstance(command, TyperGroup) and rest:
        # Several subcommands may be named at once, as in `keys list|rotate`.
        for name in rest[0].split("|"):
            below = command.get_command(context, name)
            assert below is not None, f"there is no command {name}"
            _check(below, rest[1:], context)


@pytest.mark.parametrize(("where", "arguments"), list(_shown()))
def test_a_command_that_is_shown_is_there(where: str, arguments: list[str]) -> None:
    _check(typer.main.get_command(app), arguments)


@pytest.mark.parametrize(
    "arguments", [["authentic"], ["keys", "rotat"], ["authentik", "--nope"], ["--nope"]]
)
def test_one_that_is_not_would_be_noticed(arguments: list[str]) -> None:
    # Typer's exceptions are its own, and none of its public names.
    with pytest.raises(Exception, match=r"no command|No such option"):
        _check(typer.main.get_command(app), arguments)
