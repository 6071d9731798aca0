"""``snowflake guide``."""

import pytest
from typer.testing import CliRunner

from snowflake import guides
from snowflake.cli.commands import app


def test_without_a_name_all_are_listed() -> None:
    listed = CliRunner().invoke(app, ["guide"]).stdout
    assert [name for name in guides.NAMES if f"{name} " not in listed] == []


def test_what_each_is_for_is_listed_in_plain_words() -> None:
    listed = " ".join(CliRunner().invoke(app, ["guide"]).stdout.split())
    assert "once for all your registered clients, and signing out" in listed
    assert ".md" not in listed


def test_what_goes_elsewhere_than_to_a_terminal_is_the_text() -> None:
    assert CliRunner().invoke(app, ["guide", "authentik"]).stdout == guides.read("authentik").text


@pytest.mark.parametrize(
    ("name", "meant"),
    [("authentic", "authentik"), ("Authentik", "authentik"), ("operation", "operations")],
)
def test_a_slip_is_told_what_was_meant(name: str, meant: str) -> None:
    result = CliRunner().invoke(app, ["guide", name])
    assert result.exit_code == 2
    told = " ".join(result.stderr.replace("│", "").split())
    assert f"there is no guide of that name; is {meant} meant?" in told


def test_anything_else_is_told_what_there_is() -> None:
    result = CliRunner().invoke(app, ["guide", "xyz"])
    told = " ".join(result.stderr.replace("│", "").split())
    assert "there are authentik, applications, " in told
