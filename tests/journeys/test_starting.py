"""What Snowflake does before it serves: keys, settings, ports."""

import json
import socket
import stat
import subprocess
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import RSAKey

from tests.journeys.browser import Browser
from tests.journeys.world import ADA, sign_in, world
from tests.serving import PATIENCE, environment, free_port, running, serve_command
from tests.store.postgresql import the_server

MISCONFIGURED = 2
KEY = Path("keys/jwt_private_key.json")


def refused(directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start ``snowflake serve`` where it cannot start."""
    return subprocess.run(  # noqa: S603 - the tests' own command
        serve_command(free_port()),
        env=environment({"SNOWFLAKE_DATA_DIR": str(directory), **variables}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def published(port: int) -> list[dict[str, str]]:
    url = f"http://127.0.0.1:{port}/.well-known/jwks.json"
    keys: list[dict[str, str]] = httpx.get(url, trust_env=False).json()["keys"]
    return keys


def test_a_volume_of_the_original_is_taken_over(tmp_path: Path, browser: Browser) -> None:
    # As the original wrote it: an RS256 key without a key ID.
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=False)
    original = json.dumps(key.as_dict(private=True))
    (tmp_path / "data" / "keys").mkdir(parents=True)
    (tmp_path / "data" / KEY).write_text(original)
    with world(tmp_path) as running_world:
        claims, _ = sign_in(running_world.party(), browser)
        assert claims["sub"] == ADA
        assert published(running_world.snowflake.port)[0]["n"] == key.as_dict()["n"]
    assert (tmp_path / "data" / KEY).read_text() == original


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    with world(tmp_path):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys(tmp_path)}
    assert modes == {"secret_key": 0o600}
    database = tmp_path / "data" / "snowflake.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def keys(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "data" / "keys").iterdir())


@pytest.mark.parametrize("damaged", [b'{"kty": "RSA", "n"', b"\xff\xfe\x00"])
def test_a_damaged_key_stops_the_start_with_one_line(damaged: bytes, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / KEY).write_bytes(damaged)
    ended = refused(tmp_path)
    assert ended.returncode == MISCONFIGURED
    assert ended.stderr.count("\n") == 1
    assert str(tmp_path / KEY) in ended.stderr
    assert ended.stdout.count("\n") == ended.stdout.count('"event":"configuration"') == 1
    assert (tmp_path / KEY).read_bytes() == damaged


def test_bad_settings_are_told_all_at_once(tmp_path: Path) -> None:
    bad = {
        "SNOWFLAKE_ISSUER": "http://snowflake.example.com",
        "SNOWFLAKE_TOKEN_LIFETIME": "soon",
        "SNOWFLAKE_SECRET_KEY": "hunter2",
        "SNOWFLAKE_ALLOWED_WEBFINGER_HOSTS": "*",
        "SNOWFLAKE_ROOT_REDIRECT": "nowhere",
    }
    ended = refused(tmp_path, **bad)
    assert ended.returncode == MISCONFIGURED
    assert sorted(line.partition(":")[0] for line in ended.stderr.splitlines()) == sorted(bad)
    assert "hunter2" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_private_key_that_cannot_be_used_is_not_repeated(tmp_path: Path) -> None:
    ended = refused(tmp_path, SNOWFLAKE_PRIVATE_KEY='{"kty": "RSA", "d": "very-private"}')
    assert ended.returncode == MISCONFIGURED
    assert ended.stderr.startswith("SNOWFLAKE_PRIVATE_KEY: ")
    assert ended.stderr.count("\n") == 1
    assert "very-private" not in ended.stderr


def test_a_data_directory_that_is_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    ended = refused(tmp_path / "data")
    assert ended.returncode == MISCONFIGURED
    assert ended.stderr.startswith("SNOWFLAKE_DATA_DIR: ")
    assert ended.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    secret = {"SNOWFLAKE_SECRET_KEY": "0123456789abcdef0123456789abcdef"}
    url = the_server().url("nowhere", "snowflake:the-password")
    ended = refused(tmp_path, SNOWFLAKE_DATABASE_URL=url, **secret)
    assert ended.returncode == MISCONFIGURED
    assert ended.stderr.startswith("SNOWFLAKE_DATABASE_URL: PostgreSQL at 127.0.0.1:")
    assert 'database "nowhere" does not exist' in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "the-password" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout


def test_a_store_that_has_no_room_is_waited_for_and_the_log_says_why(tmp_path: Path) -> None:
    command = ["sh", "-c", 'ulimit -f 20 && exec "$@"', "sh", *serve_command(free_port())]
    data = {"SNOWFLAKE_DATA_DIR": str(tmp_path / "data"), "SNOWFLAKE_LOG_FORMAT": "json"}
    with running(command, tmp_path / "log", data) as started:
        started.wait_until(lambda: started.log.count("\n") >= 2)
        line = json.loads(started.log.splitlines()[1])
    assert line["event"] == "waiting_for_database"
    assert line["database"] == str(tmp_path / "data" / "snowflake.db")
    assert "a limit on the size of files" in line["cause"]


def test_a_data_directory_in_which_nobody_may_look_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "snowflake.toml").touch()
    ended = refused(tmp_path / ("x" * 300), SNOWFLAKE_CONFIG=str(tmp_path / "snowflake.toml"))
    assert ended.returncode == MISCONFIGURED
    assert ended.stderr.startswith("SNOWFLAKE_DATA_DIR: cannot look for ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_in_use_is_told_without_a_traceback(workers: str, tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - where Snowflake listens
        ended = subprocess.run(  # noqa: S603 - the tests' own command
            serve_command(taken.getsockname()[1], "--workers", workers),
            env=environment({"SNOWFLAKE_DATA_DIR": str(tmp_path)}),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert ended.returncode not in {0, MISCONFIGURED}
    assert "address already in use" in (ended.stdout + ended.stderr).lower()
    assert "Traceback" not in ended.stdout + ended.stderr


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(3)]
    data = {"SNOWFLAKE_DATA_DIR": str(tmp_path / "data")}
    with ExitStack() as stack:
        started = [
            stack.enter_context(running(serve_command(port), tmp_path / f"{port}.log", data))
            for port in ports
        ]
        for port, program in zip(ports, started, strict=True):
            program.wait_for_http(f"http://127.0.0.1:{port}/health")
        first, *others = (published(port) for port in ports)
    assert all(other == first for other in others)
    assert {path.name for path in keys(tmp_path)} == {"secret_key"}


def test_nothing_is_written_where_keys_are_given(tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    given = {
        "SNOWFLAKE_PRIVATE_KEY": json.dumps(key.as_dict(private=True)),
        "SNOWFLAKE_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    }
    with world(tmp_path, given) as started:
        assert published(started.snowflake.port)[0]["kid"] == key.kid
    assert not (tmp_path / "data" / "keys").exists()
