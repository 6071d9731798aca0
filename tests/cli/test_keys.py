import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from snowflake.cli import app, main
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.state.key_ring import ANNOUNCEMENT

#: A key that an operator has not brought, as it is listed.
LINE = re.compile(
    r"(?P<kid>[\w-]{43})  RS256  (?P<role>signs since|next from|old until) "
    r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
)


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path / "data"))
    asyncio.run(_start(Settings(data_dir=tmp_path / "data")))


async def _start(settings: Settings) -> None:
    async with State.open(settings):
        pass


def keys(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def listed() -> list[tuple[str, str]]:
    """Answer the ID of each key, and what is said of it but for the time."""
    result = keys("list")
    assert result.exit_code == 0, result.output
    lines = [LINE.fullmatch(line) for line in result.stdout.splitlines()]
    return [(line["kid"], line["role"]) for line in lines if line]


def test_a_new_key_is_next_until_it_signs() -> None:
    [(first, role)] = listed()
    assert role == "signs since"
    result = keys("rotate")
    assert result.exit_code == 0
    new, told = result.stdout.split(maxsplit=1)
    assert re.fullmatch(r"signs from \d{4}-\d\d-\d\d \d\d:\d\d UTC, by RS256\.\n", told)
    assert listed() == [(first, "signs since"), (new, "next from")]


def test_a_second_rotation_while_one_waits_is_refused_unless_it_is_meant() -> None:
    [(first, _)] = listed()
    new = keys("rotate").stdout.split()[0]
    refused = keys("rotate")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{new} is new already, and signs from ")
    assert [kid for kid, _ in listed()] == [first, new]
    assert keys("rotate", "--force").exit_code == 0
    assert [role for _, role in listed()] == ["signs since", "next from", "next from"]


def test_a_key_may_sign_at_once_and_drops_those_that_wait() -> None:
    [(first, _)] = listed()
    waiting = keys("rotate").stdout.split()[0]
    result = keys("rotate", "--now")
    assert result.exit_code == 0
    new = result.stdout.split()[0]
    assert result.stdout == (
        f"{new} signs now, by RS256.\n{waiting} was to be next, and has been dropped.\n"
    )
    assert listed() == [(first, "old until"), (new, "signs since")]


def test_a_key_of_the_operator_is_not_rotated(
    private_key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", private_key)
    monkeypatch.setattr("sys.argv", ["snowflake", "keys", "rotate"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("SNOWFLAKE_PRIVATE_KEY: ")
    assert told.count("\n") == 1
    assert keys("list").output.splitlines()[-1] == (
        f"{json.loads(private_key)['kid']}  RS256  signs, and is that of SNOWFLAKE_PRIVATE_KEY"
    )


def test_keys_of_the_store_are_kept_beside_one_of_the_operator(
    private_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(first, _)] = listed()
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", private_key)
    kept, _ = keys("list").output.splitlines()
    assert kept == f"{first}  RS256  kept for the time after SNOWFLAKE_PRIVATE_KEY"


def test_programs_are_told_the_same(private_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys("rotate")
    keys("rotate", "--now")
    keys("rotate")
    told = json.loads(keys("list", "--json").stdout)
    assert [(key["kid"], key["role"]) for key in told] == [
        (kid, role.split()[0]) for kid, role in listed()
    ]
    old, signs, following = (key["at"] for key in told)
    assert signs < old
    assert following - signs >= ANNOUNCEMENT.total_seconds()
    assert all(key.keys() == {"kid", "alg", "role", "at"} for key in told)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", private_key)
    *kept, own = json.loads(keys("list", "--json").stdout)
    assert own == {
        "kid": json.loads(private_key)["kid"],
        "alg": "RS256",
        "role": "signs",
        "at": None,
    }
    assert [(key["role"], key["at"]) for key in kept] == [("kept", None)] * 3
