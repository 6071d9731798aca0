import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from snowflake.cli import app, main
from tests.serving import snowflake as serving_snowflake


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path / "data"))


def keys(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def listed() -> list[list[str]]:
    result = keys("list")
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.output.splitlines()]


def test_a_new_key_is_listed_until_it_signs() -> None:
    [[first, mark, *_]] = listed()
    assert mark == "signs"
    result = keys("rotate")
    assert result.exit_code == 0
    new = result.output.split()[0]
    assert result.output == f"{new} signs in 3 hours.\n"
    assert [line[:2] for line in listed()] == [[first, "signs"], [new, "published"]]


def test_a_key_may_sign_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    listed()
    result = keys("rotate", "--now")
    new = result.output.split()[0]
    assert result.output == f"{new} signs now.\n"
    assert new in {line[0] for line in listed()}


def test_a_list_tells_nothing_private() -> None:
    assert all(len(line) == 6 for line in listed())


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
    assert [line[0] for line in listed()] == [json.loads(private_key)["kid"]]


def test_keys_are_rotated_beside_a_running_snowflake(tmp_path: Path) -> None:
    with serving_snowflake(tmp_path, {}) as running:
        assert running.origin
        [[first, *_]] = listed()
        assert keys("rotate").exit_code == 0
        assert listed()[0][0] == first
        assert len(listed()) == 2
