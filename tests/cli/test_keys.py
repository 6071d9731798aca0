import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from snowflake.cli import main
from snowflake.cli.commands import app
from snowflake.crypto.algorithms import BY_KEY
from snowflake.crypto.private_keys import generate_key
from snowflake.errors import StartFault
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


TWO_ALGORITHMS = """
discord_client_id = "1056005449054429204"
discord_client_secret = "of-discord"
[[clients]]
id = "wiki"
secret = "a secret"
redirect_uris = ["https://wiki.example.com/callback"]
signing_alg = "ES256"
"""


@pytest.fixture
def _two_algorithms(tmp_path: Path) -> None:
    (tmp_path / "data" / "snowflake.toml").write_text(TWO_ALGORITHMS)


def told_of(*arguments: str) -> list[tuple[str, str]]:
    """Answer the algorithm and the role of each key."""
    result = keys("list", "--json", *arguments)
    return [(key["alg"], key["role"]) for key in json.loads(result.stdout)]


@pytest.mark.usefixtures("_two_algorithms")
def test_each_key_is_listed_with_its_algorithm() -> None:
    first, second = keys("list").stdout.splitlines()
    assert "  RS256  signs since " in first
    assert "  ES256  signs since " in second
    assert told_of() == [("RS256", "signs"), ("ES256", "signs")]


@pytest.mark.usefixtures("_two_algorithms")
def test_a_rotation_is_one_of_all_that_is_used_or_of_one_algorithm() -> None:
    told = keys("rotate", "--alg", "ES256").stdout
    assert re.fullmatch(r"\S+ signs from .+ UTC, by ES256\.\n", told)
    assert told_of() == [("RS256", "signs"), ("ES256", "signs"), ("ES256", "next")]
    # One that waits holds up all that are meant.
    assert keys("rotate").exit_code == 1
    assert keys("rotate", "--alg", "RS256").exit_code == 0
    result = keys("rotate", "--now")
    assert [line.split(maxsplit=1)[1] for line in result.stdout.splitlines()] == [
        "signs now, by RS256.",
        "signs now, by ES256.",
        *["was to be next, and has been dropped."] * 2,
    ]
    assert told_of() == [
        *(("RS256", role) for role in ("old", "signs")),
        *(("ES256", role) for role in ("old", "signs")),
    ]


@pytest.mark.usefixtures("_two_algorithms")
def test_an_algorithm_that_no_client_uses_has_nothing_to_rotate(tmp_path: Path) -> None:
    for name in ("EdDSA", "PS256"):
        result = keys("rotate", "--alg", name)
        assert isinstance(result.exception, StartFault)
        assert result.exception.faults == (f"--alg: no client signs by {name}",)
    assert keys("rotate", "--alg", "HS256").exit_code == 2
    keys("list")
    (tmp_path / "data" / "snowflake.toml").write_text("")
    *_, last = keys("list").stdout.splitlines()
    assert "  ES256  old until " in last


@pytest.mark.usefixtures("_two_algorithms")
def test_only_what_the_operator_has_not_given_is_rotated(
    private_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", private_key)
    assert keys("rotate").stdout.endswith(", by ES256.\n")
    assert told_of() == [
        ("RS256", "kept"),
        ("RS256", "signs"),
        ("ES256", "signs"),
        ("ES256", "next"),
    ]
    result = keys("rotate", "--alg", "RS256")
    assert isinstance(result.exception, StartFault)
    assert result.exception.faults[0].startswith("SNOWFLAKE_PRIVATE_KEY: is set")


def test_a_set_of_keys_of_the_operator_is_listed(
    private_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [json.loads(generate_key(BY_KEY[name])) for name in ("RS256", "EdDSA")]
    monkeypatch.setenv(
        "SNOWFLAKE_PRIVATE_KEY", json.dumps({"keys": [json.loads(private_key), *made]})
    )
    kept, published, signs, unused = keys("list").stdout.splitlines()
    assert kept.endswith("  RS256  kept for the time after SNOWFLAKE_PRIVATE_KEY")
    assert published == f"{made[0]['kid']}  RS256  published, and is that of SNOWFLAKE_PRIVATE_KEY"
    assert signs.endswith("  RS256  signs, and is that of SNOWFLAKE_PRIVATE_KEY")
    assert unused == f"{made[1]['kid']}  EdDSA  published, and is that of SNOWFLAKE_PRIVATE_KEY"
