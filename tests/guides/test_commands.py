"""Every command that a document shows is one that there is."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from snowflake.cli.commands import app
from tests.guides.documents import blocks, spans

IMAGE = "ghcr.io/celsiusnarhwal/snowflake"
#: What an image or its service is called beside that.
NAMES = ("IMAGE", "snowflake")
#: What runs a command in a container that runs, and what starts one.
EXECUTES = ("docker compose exec", "docker exec", "kubectl exec")
STARTS = ("docker run", "docker compose run")


def _commands(line: str) -> Iterator[list[str]]:
    """Answer the words of each command of a line, without what it reads or writes."""
    words: list[str] = []
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for word in lexer:
        if set(word) <= set("();<>|&"):
            yield words
            words = []
        else:
            words.append(word)
    yield words


def _arguments(words: list[str]) -> list[str] | None:
    """Answer the arguments of ``snowflake``, if these words run it."""
    said = " ".join(words)
    if said.startswith(EXECUTES):
        rest = words[words.index("exec") + 1 :]
        # The container, the program, and what the program gets.
        _, program, *_ = [n for n, word in enumerate(rest) if not word.startswith("-")]
        return _arguments(rest[program:])
    if said.startswith(STARTS) and "--entrypoint" not in words:
        images = [n for n, word in enumerate(words) if word.startswith((IMAGE, *NAMES))]
        return words[images[0] + 1 :] if images else None
    return words[1:] if words and words[0].split("/")[-1] == "snowflake" else None


def _shown() -> Iterator[tuple[str, list[str]]]:
    for block in blocks("shell", "console", "sh", "bash"):
        for line in block.text.replace("\\\n", "").splitlines():
            if block.language != "console" or line.startswith("$ "):
                for words in _commands(line):
                    arguments = _arguments(words)
                    if arguments:
                        yield f"{block}: {line}", arguments
    for document, span in spans():
        if "…" not in span and "snowflake" in span:
            for words in _commands(span) if " " in span else ():
                arguments = _arguments(words)
                if arguments:
                    yield f"{document}: {span}", arguments


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        (".ci/setup && .venv/bin/snowflake sandbox --port 1", ["sandbox", "--port", "1"]),
        ("docker compose exec -T snowflake snowflake doctor > a", ["doctor"]),
        ("docker compose exec first snowflake check", ["check"]),
        ("docker compose exec -T snowflake python -m sqlite3", None),
        ("docker compose exec -T snowflake rm /app/snowflake/data/backup.db", None),
        (f"docker run --rm -p 1:1 {IMAGE}:latest keygen", ["keygen"]),
        ("docker compose run --rm snowflake check", ["check"]),
        ("docker compose run --entrypoint sh snowflake -c 'a && b' < c", None),
        ("kubectl exec deploy/login -- snowflake keys list | head", ["keys", "list"]),
        ("sqlite3 snowflake.db", None),
    ],
)
def test_commands_are_found_in_a_line(line: str, arguments: list[str] | None) -> None:
    found = [_arguments(words) for words in _commands(line)]
    assert [each for each in found if each] == ([arguments] if arguments else [])


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
