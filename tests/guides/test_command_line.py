"""The command-line tool of the guide signs people in as it stands there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.guides.documents import Block, blocks
from tests.journeys.browser import Browser
from tests.journeys.conftest import browser
from tests.journeys.devices import allow, deny
from tests.journeys.world import ADA, World, world
from tests.serving import PATIENCE, environment

__all__ = ["browser"]

CLIENT_ID = "my-tool"


def block(language: str) -> Block:
    """Answer the one block of the guide that is about it."""
    [found] = [one for one in blocks(language) if CLIENT_ID in one.text]
    return found


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with the guide's configuration."""
    with world(tmp_path_factory.mktemp("tool"), file=block("toml").text) as made:
        yield made


@pytest.fixture
def tool(configured: World, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The guide's program, just started."""
    program = tmp_path / "sign_in.py"
    program.write_text(block("python").text, "utf-8")
    command = [sys.executable, str(program), configured.snowflake.origin, CLIENT_ID]
    with subprocess.Popen(  # noqa: S603 - the guide's own program
        command,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.kill()


def address(tool: subprocess.Popen[str]) -> str:
    """Answer where it says that the login is allowed."""
    output: IO[str] | None = tool.stdout
    assert output is not None
    assert "and enter" in output.readline()
    return output.readline().strip()


def test_it_signs_in_whoever_allows_it(tool: subprocess.Popen[str], browser: Browser) -> None:
    allow(browser, address(tool), ADA)
    out, err = tool.communicate(timeout=PATIENCE)
    assert out.startswith("Signed in as Ada Lindqvist, in the groups "), err
    assert tool.returncode == 0


def test_it_says_that_somebody_has_denied_it(tool: subprocess.Popen[str], browser: Browser) -> None:
    deny(browser, address(tool), ADA)
    _, err = tool.communicate(timeout=PATIENCE)
    assert err.startswith("Not signed in: ")
    assert tool.returncode == 1
