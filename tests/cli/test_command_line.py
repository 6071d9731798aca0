import subprocess
import sys

import pytest

from snowflake import __version__
from snowflake.crypto.algorithms import BY_KEY
from snowflake.crypto.private_keys import parse_key
from tests.serving import PATIENCE, environment


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the command that is tested
        [sys.executable, "-m", "snowflake", *arguments],
        env=environment({"COLUMNS": "100", "TERM": "dumb"}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_version_is_told() -> None:
    told = run("--version")
    assert (told.returncode, told.stdout) == (0, f"snowflake {__version__}\n")


def test_without_a_command_there_is_help() -> None:
    told = run()
    for command in ("serve", "sandbox", "keygen"):
        assert command in told.stdout + told.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("serve", ["--host", "--port", "--workers", "UVICORN_FORWARDED_ALLOW_IPS"]),
        ("sandbox", ["--port", "--redirect-uri", "--check", "simulated Discord"]),
        ("keygen", ["private key", "SNOWFLAKE_PRIVATE_KEY", "Keep it secret"]),
    ],
)
def test_every_command_explains_itself(command: str, words: list[str]) -> None:
    told = run(command, "--help")
    assert told.returncode == 0
    assert [word for word in words if word not in told.stdout] == []
    assert "``" not in told.stdout


def test_an_unknown_command_is_refused_without_a_traceback() -> None:
    told = run("server")
    assert told.returncode == 2
    assert "No such command" in told.stderr
    assert "Traceback" not in told.stderr


def test_keygen_prints_a_key_that_can_be_used_and_nothing_else() -> None:
    first, second = run("keygen"), run("keygen")
    assert first.returncode == second.returncode == 0
    assert first.stdout.count("\n") == 1
    assert first.stderr == ""
    key = parse_key(first.stdout, "the output")
    assert key.algorithm.name == "RS256"
    assert key.kid
    assert first.stdout != second.stdout


@pytest.mark.parametrize("algorithm", BY_KEY)
def test_keygen_makes_one_for_each_algorithm(algorithm: str) -> None:
    made = run("keygen", "--alg", algorithm)
    assert parse_key(made.stdout, "the output").algorithm.name == algorithm


@pytest.mark.parametrize("algorithm", ["HS256", "none", "es256", "Ed25519"])
def test_keygen_makes_no_key_for_another_one(algorithm: str) -> None:
    refused = run("keygen", "--alg", algorithm)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "'RS256'" in refused.stderr
