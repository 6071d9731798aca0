from pathlib import Path

import pytest
from typer.testing import CliRunner

from snowflake.cli import main
from snowflake.cli.commands import app
from tests.clients.blueprint import applied
from tests.login import CLIENT_ID

ISSUER = "https://snowflake.example.com"


REGISTERED = """
discord_client_id = "1"
discord_client_secret = "Snowflake's own"
[[clients]]
id = "authentik"
secret = "the client's"
redirect_uris = ["https://authentik.example.com/source/oauth/callback/discord/"]
[[clients]]
id = "game"
public = true
redirect_uris = ["https://game.example.com/"]
[[clients]]
id = "backup"
secret = "a machine's"
grant_types = ["client_credentials"]
"""


@pytest.fixture(autouse=True)
def _issuer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SNOWFLAKE_ISSUER", ISSUER)
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    (tmp_path / "snowflake.toml").write_text(REGISTERED, "utf-8")


def printed(*options: str) -> str:
    command = ["authentik", "--client", CLIENT_ID, *options]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def attributes(*options: str) -> dict[str, object]:
    environment = {"DISCORD_CLIENT_SECRET": "s", "CHAT_CLIENT_SECRET": "s"}
    return applied(printed(*options), environment).source


def test_the_issuer_is_the_configured_one_unless_another_is_given() -> None:
    path = "/.well-known/openid-configuration"
    assert attributes()["oidc_well_known_url"] == ISSUER + path
    other = "https://other.example.com"
    assert attributes("--issuer", other)["oidc_well_known_url"] == other + path


def test_slug_and_name_and_address_of_authentik_may_be_chosen() -> None:
    options = ("--slug", "chat", "--name", "Chat", "--authentik", "https://sso.example.com/")
    assert (attributes(*options)["slug"], attributes(*options)["name"]) == ("chat", "Chat")
    assert f"{ISSUER}/r/https://sso.example.com/source/oauth/callback/chat/\n" in printed(*options)


def test_a_registered_client_has_its_secret_filled_in() -> None:
    filled_in = attributes("--client", "authentik")
    assert (filled_in["consumer_key"], filled_in["consumer_secret"]) == (
        "authentik",
        "the client's",
    )
    assert "Snowflake's own" not in printed("--client", "authentik")


def test_names_of_groups_begin_with_the_prefix() -> None:
    environment = {"DISCORD_CLIENT_SECRET": "s"}
    [mapping] = applied(printed("--group-prefix", "Discord: "), environment).expressions("group")
    assert "'Discord: '" in mapping


@pytest.mark.parametrize("client", [CLIENT_ID, "authentik"])
def test_groups_that_authentik_cannot_take_are_warned_of(client: str, tmp_path: Path) -> None:
    objects = '\n[groups]\nshape = "object"\n'
    (tmp_path / "snowflake.toml").write_text(REGISTERED + objects, "utf-8")
    result = CliRunner().invoke(app, ["authentik", "--client", client])
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: Authentik, 2024.12 to 2025.12, answers")
    # Whoever sends the blueprint on, sends the warning with it.
    assert "# WARNING: Authentik, 2024.12 to 2025.12, answers" in result.stdout


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ("", True),
        ('shape = "name"\nguilds = ["1"]', False),
        ("names_claim = true", False),
    ],
)
def test_that_groups_can_have_names_is_told_where_they_have_none(
    groups: str, *, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_DISCORD_BOT_TOKEN", "the-token")
    (tmp_path / "snowflake.toml").write_text(f"{REGISTERED}\n[groups]\n{groups}\n", "utf-8")
    assert ("names_claim" in printed().partition("version: 1")[0]) is told


@pytest.mark.parametrize(
    ("variables", "options", "told"),
    [
        ({"SNOWFLAKE_ISSUER": ""}, (), "--issuer: is needed"),
        ({}, ("--issuer", "https://snowflake.example.com/"), "--issuer: must not end with a slash"),
        (
            {},
            ("--authentik", "authentik"),
            "--authentik: must be a URL such as https://authentik.example.com\n",
        ),
        ({}, ("--slug", "../"), "--slug: takes letters"),
        ({}, ("--group-prefix", "a\nb"), "--group-prefix: takes one line"),
        ({}, ("--group-prefix", "a" * 101), "--group-prefix: takes one line"),
        ({}, ("--client", "grafana"), "--client: "),
        ({"SNOWFLAKE_ALLOWED_CLIENTS": "1"}, (), "--client: is not registered"),
        (
            {"SNOWFLAKE_ALLOWED_CLIENTS": "2"},
            ("--client", "1"),
            "--client: is Snowflake's own Discord application; name what is to sign in through it",
        ),
        (
            {},
            ("--client", "authentic"),
            "--client: is not registered, nor among SNOWFLAKE_ALLOWED_CLIENTS; is authentik meant?",
        ),
        ({}, ("--client", "game"), "--client: is public"),
        ({}, ("--client", "backup"), "--client: signs in nobody by a code"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    variables: dict[str, str],
    options: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["snowflake", "authentik", "--client", CLIENT_ID, *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    output = capsys.readouterr()
    assert output.err.startswith(told)
    assert output.err.count("\n") == 1
    assert output.out == ""
