"""What is read when: a command that lists others, or completes them, needs none of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from snowflake import __version__
from snowflake.cli.commands import COMMANDS, app
from snowflake.cli.on_demand import OnDemand
from tests.serving import PATIENCE, environment

#: Runs the command line, and lists what has been imported by its end.
PROGRAM = """
import json, sys
sys.argv[0] = "snowflake"
from snowflake.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
#: What takes its time. (Pydantic does too, but Typer itself reads it for an option of its own.)
HEAVY = {"aiohttp", "alembic", "httpx", "joserfc", "sqlalchemy", "starlette", "uvicorn"}


def run(*arguments: str, **variables: str) -> tuple[str, set[str]]:
    """Answer what a command prints, and all modules that it imported."""
    told = subprocess.run(  # noqa: S603 - the command that is tested
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return told.stdout, set(json.loads(told.stderr))


def complete(line: str) -> tuple[list[str], set[str]]:
    """Answer what Bash is told when somebody presses Tab behind a line."""
    words = line.split(" ")
    told, modules = run(
        _SNOWFLAKE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
    )
    return told.split(), modules


def is_light(modules: set[str]) -> bool:
    commands = {f"snowflake.cli.{place.partition('.')[0]}" for place, _ in COMMANDS.values()}
    return not modules & (HEAVY | commands)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--version"], "snowflake "),
        (["--help"], "Serve Snowflake."),
        (["-h"], "Serve Snowflake."),
        (["keys", "--help"], "Make a new key."),
        (["--show-completion", "bash"], "complete"),
    ],
)
def test_what_runs_no_command_reads_none(arguments: list[str], told: str) -> None:
    output, modules = run(*arguments, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert told in output
    assert is_light(modules)


def test_the_version_is_told_without_reading_the_command_line() -> None:
    output, modules = run("--version")
    assert output == f"snowflake {__version__}\n"
    assert not modules & {"typer", "snowflake.cli.commands"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("snowflake ser", ["serve"]),
        ("snowflake ke", ["keygen", "keys"]),
        ("snowflake keys ", ["list", "rotate"]),
        ("snowflake --ver", ["--version"]),
    ],
)
def test_names_of_commands_are_completed_without_reading_them(line: str, told: list[str]) -> None:
    completed, modules = complete(line)
    assert completed == told
    assert is_light(modules)


def test_options_are_completed_by_reading_the_one_command_that_has_them() -> None:
    completed, modules = complete("snowflake sandbox --po")
    assert completed == ["--port"]
    commands = {f"snowflake.cli.{place.partition('.')[0]}" for place, _ in COMMANDS.values()}
    assert modules & commands == {"snowflake.cli.sandbox"}


def test_a_command_reads_no_other() -> None:
    _, modules = run("keygen")
    assert "joserfc" in modules
    assert not modules & {"aiohttp", "httpx", "sqlalchemy", "starlette", "uvicorn"}


def commands() -> Iterator[tuple[str, Any]]:
    """Walk through the whole command line."""
    root = typer.main.get_command(app)
    context = root.context_class(root, info_name="snowflake")
    assert isinstance(root, TyperGroup)
    for name in root.list_commands(context):
        below = root.get_command(context, name)
        if isinstance(below, TyperGroup):
            for last in below.list_commands(context):
                yield f"{name} {last}", below.get_command(context, last)
        else:
            yield name, below


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_a_list_says_of_a_command_what_the_command_says_of_itself(name: str, command: Any) -> None:
    assert isinstance(command, OnDemand)
    line = (command.command.help or "").splitlines()[0]
    assert command.short_help == line
    for option in ("--help", "-h"):
        shown = CliRunner().invoke(app, [*name.split(), option], catch_exceptions=False)
        assert shown.exit_code == 0
        assert f"Usage: snowflake {name} " in shown.output
        assert line in " ".join(shown.output.split())


def test_every_command_is_listed_once() -> None:
    assert sorted(name for name, _ in commands()) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_can_be_read_by_a_process_that_has_read_nothing_else(command: str) -> None:
    told, _ = run(*command.split(), "--help")
    assert told.startswith(f"Usage: snowflake {command} ")


def test_a_guide_is_shown_by_a_process_that_has_read_nothing_else() -> None:
    listed, modules = run("guide")
    assert "authentik" in listed
    assert "rich.table" in modules
