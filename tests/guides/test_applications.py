"""The recipes for other applications: what can be pasted can at least be read by its language."""

import ast
import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.guides.documents import Block, anchors, blocks, text_of

GUIDE = "snowflake/guides/applications.md"
#: Sections that are about no application.
COMMON = {"Four things", "Two kinds of client", "Redirect URIs", "Claims for applications"}
TRIED = re.compile(r"^(All three were tried|Tried with|\w+ was tried|Not tried here; follows its )")


def sections() -> dict[str, str]:
    """Answer the recipes by the names of their applications."""
    _, *parts = re.split(r"^## (.+)$", text_of(GUIDE), flags=re.MULTILINE)
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    return {name: text for name, text in found.items() if name not in COMMON}


@pytest.mark.parametrize("block", list(blocks("ini")), ids=str)
def test_what_is_shown_as_ini_can_be_read(block: Block) -> None:
    # Without interpolation, as programs other than Python's read it.
    parser = configparser.RawConfigParser(strict=True)
    text = block.text if block.text.startswith("[") else f"[variables]\n{block.text}"
    parser.read_string(text)
    assert parser.sections()


@pytest.mark.parametrize("block", list(blocks("python")), ids=str)
def test_what_is_shown_as_python_can_be_read(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("block", list(blocks("javascript")), ids=str)
def test_what_is_shown_as_javascript_can_be_read(block: Block, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing")
    script = tmp_path / "block.mjs"
    script.write_text(block.text, "utf-8")
    checked = subprocess.run(  # noqa: S603 - the guide's own
        [node, "--check", str(script)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", sections())
def test_a_recipe_says_whether_it_was_tried(name: str) -> None:
    lines = sections()[name].splitlines()
    assert any(TRIED.match(line) for line in lines)


def test_every_application_has_its_redirect_uri_in_the_table() -> None:
    table = text_of(GUIDE).split("## Redirect URIs")[1].split("\n## ")[0]
    linked = set(re.findall(r"^\| \[[^\]]+\]\(#([^)]+)\)", table, re.MULTILINE))
    assert linked == {anchor for name in sections() for anchor in anchors(f"## {name}")}
