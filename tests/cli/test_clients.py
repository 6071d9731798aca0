import asyncio
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from snowflake.cli.commands import app
from snowflake.configuration import load_settings
from snowflake.crypto.secret_hashes import SecretHashes
from snowflake.settings.phc import check_hash
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.responses import DEVICE_CODE

URI = "https://grafana.example.com/login/generic_oauth"


@pytest.fixture(autouse=True)
def data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    return tmp_path


def clients(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(app, ["clients", *arguments], input=given, catch_exceptions=False)


def table(result: Result) -> ClientTable:
    [stanza] = tomllib.loads(result.stdout)["clients"]
    return ClientTable.model_validate(stanza)


def matches(secret: str, hashed: SecretStr | None) -> bool:
    assert hashed is not None
    return asyncio.run(SecretHashes().match("", SecretStr(secret), hashed.get_secret_value()))


def test_a_secret_is_hashed() -> None:
    told = clients("hash", given=" of-grafana \n")
    assert (told.exit_code, told.stderr) == (0, "")
    hashed = told.stdout.strip()
    check_hash(hashed)
    assert matches("of-grafana", SecretStr(hashed))
    assert not matches("of-gitea", SecretStr(hashed))


def test_nothing_is_not_hashed() -> None:
    told = clients("hash", given=" \n")
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr == "There is no secret to hash.\n"


@pytest.mark.parametrize(
    ("secret", "reason"),
    [("x" * 257, "must have at most 256 characters"), ("a\nb", "holds control characters")],
)
def test_what_no_application_could_present_is_not_hashed(secret: str, reason: str) -> None:
    told = clients("hash", given=secret)
    assert told.exit_code == 1
    assert told.stdout == ""
    assert reason in told.stderr
    assert secret not in told.stderr


def test_on_a_terminal_the_secret_is_asked_for_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = import_module("snowflake.cli.clients")
    asked: list[object] = []

    def prompt(text: str, **options: object) -> str:
        asked.append((text, options["hide_input"], options["err"]))
        return "of-grafana"

    monkeypatch.setattr(module.typer, "prompt", prompt)
    monkeypatch.setattr(module, "_is_terminal", lambda: True)
    told = clients("hash")
    assert asked == [("Client secret", True, True)]
    check_hash(told.stdout.strip())


def test_a_new_client_can_be_pasted_and_its_secret_is_told_once(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = clients("new", "Grafana \u2744", "--redirect-uri", URI)
    secret = told.stderr.partition("client secret: ")[2].split()[0]
    assert len(secret) >= 43
    assert secret not in told.stdout
    client = table(told)
    assert (client.id, client.name, client.redirect_uris) == ("grafana", "Grafana \u2744", (URI,))
    assert matches(secret, client.secret)

    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_ID", "1")
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_SECRET", "of-discord")
    (data_dir / "snowflake.toml").write_text(told.stdout, "utf-8")
    assert load_settings().clients == (client,)


CONFIGURED = f"""
discord_client_id = "1"
discord_client_secret = "of-discord"
[[clients]]
id = "grafana"
secret = "of-grafana"
redirect_uris = ["{URI}"]
"""


@pytest.mark.parametrize(
    "file", [CONFIGURED, CONFIGURED + "grant = 1", CONFIGURED + "[groups]\nshape = 1"]
)
@pytest.mark.parametrize("options", [("Grafana",), ("Another", "--id", "grafana")])
def test_an_id_that_another_client_has_is_refused(
    options: tuple[str, ...], file: str, data_dir: Path
) -> None:
    (data_dir / "snowflake.toml").write_text(file, "utf-8")
    told = clients("new", *options, "--redirect-uri", URI)
    # With '>> snowflake.toml', the file stays as it is.
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == "--id: another client has grafana already; choose one for this\n"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Gitea", CONFIGURED),
        ("Grafana", ""),
        # What cannot be read keeps nobody from making a client.
        ("Grafana", CONFIGURED + "["),
        ("Grafana", "clients = 1"),
        ("Grafana", "clients = [1, {id = [1]}, {}]"),
    ],
)
def test_a_file_without_the_id_is_no_hindrance(name: str, file: str, data_dir: Path) -> None:
    (data_dir / "snowflake.toml").write_text(file, "utf-8")
    assert table(clients("new", name, "--redirect-uri", URI)).name == name


def test_no_client_is_in_its_own_way(data_dir: Path) -> None:
    path = data_dir / "snowflake.toml"
    command = [sys.executable, "-m", "snowflake", "clients", "new", "Grafana"]
    with path.open("a", encoding="utf-8") as file:
        told = subprocess.run(  # noqa: S603 - as ``>> snowflake.toml`` does
            [*command, "--redirect-uri", URI],
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
    assert [client["id"] for client in tomllib.loads(path.read_text())["clients"]] == ["grafana"]
    assert "already" not in told.stderr


def test_several_uris_and_an_id_may_be_chosen() -> None:
    pattern = r"regex:https://.*\.example\.com/cb"
    told = clients("new", "x", "--redirect-uri", URI, "--redirect-uri", pattern, "--id", "some-id")
    assert table(told).redirect_uris == (URI, pattern)
    assert table(told).id == "some-id"


def test_a_public_client_has_no_secret() -> None:
    told = clients("new", "A phone", "--redirect-uri", URI, "--public")
    assert table(told).public
    assert table(told).id == "a-phone"
    assert "secret" not in told.stdout + told.stderr


PHONE = "app.immich:///oauth-callback"
LOOPBACK = "http://127.0.0.1/callback"


def test_an_app_may_have_a_scheme_of_its_own_and_any_port() -> None:
    uris = (PHONE, "oc://android.opencloud.eu", LOOPBACK)
    options = [word for uri in uris for word in ("--redirect-uri", uri)]
    told = clients("new", "A phone", *options, "--public")
    assert told.exit_code == 0
    assert table(told).redirect_uris == uris
    phone, cloud, loopback, *_ = told.stderr.splitlines()
    assert phone == (
        f"Note: {PHONE} leads into whichever app on a person's device has claimed app.immich."
    )
    assert "has claimed oc; if the app is yours, a domain name in reverse" in cloud
    assert loopback == f"Note: {LOOPBACK} counts with any port."


@pytest.mark.parametrize(
    ("uris", "options", "hinted"),
    [
        ((LOOPBACK,), (), True),
        ((LOOPBACK,), ("--public",), False),
        ((URI, LOOPBACK), (), False),
        ((URI, r"regex:https://.*\.example\.com/cb"), (), False),
    ],
)
def test_whoever_gives_a_secret_to_a_program_on_a_device_is_told(
    uris: tuple[str, ...], options: tuple[str, ...], hinted: bool
) -> None:
    words = [word for uri in uris for word in ("--redirect-uri", uri)]
    told = clients("new", "A program", *words, *options)
    assert ("see --public" in told.stderr) == hinted


def test_an_asterisk_is_refused_and_a_pattern_pointed_at() -> None:
    told = clients("new", "x", "--redirect-uri", "https://*.example.com/cb")
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == (
        "--redirect-uri https://*.example.com/cb: holds a *, but is compared to the letter; a "
        r"pattern begins with regex:, as in 'regex:https://.*\.example\.com/callback'" + "\n"
    )


def test_a_name_of_which_nothing_fits_gets_an_id_by_chance() -> None:
    first, second = (clients("new", "\u2744", "--redirect-uri", URI) for _ in range(2))
    assert len(table(first).id) == 16
    assert table(first).id != table(second).id


def test_what_cannot_be_used_is_refused_with_a_line_for_each() -> None:
    told = clients(
        *("new", "", "--id", "a:b", "--redirect-uri", URI),
        *("--redirect-uri", "http://x.example/cb"),
    )
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.splitlines() == [
        "--id: must be up to 256 visible ASCII characters, and no colon",
        "NAME: must have at least 1 character",
        "--redirect-uri http://x.example/cb: must be https://, or http:// on a loopback address",
    ]


def test_a_machine_signs_nobody_in_and_has_no_redirect_uris() -> None:
    told = clients("new", "Backup", "--machine")
    assert told.exit_code == 0
    assert "Note" not in told.stderr
    client = table(told)
    assert (client.redirect_uris, client.grant_types) == ((), ("client_credentials",))
    secret = told.stderr.split("client secret: ")[1].split()[0]
    assert matches(secret, client.secret)


@pytest.mark.parametrize("public", [False, True])
def test_a_device_needs_no_redirect_uris(*, public: bool) -> None:
    told = clients("new", "Television", "--device", *(["--public"] if public else []))
    assert told.exit_code == 0
    assert "Note" not in told.stderr
    client = table(told)
    assert (client.redirect_uris, client.public) == ((), public)
    assert client.grant_types == (DEVICE_CODE, "refresh_token")
    assert ("client secret" in told.stderr) is not public


def test_a_machine_is_no_device() -> None:
    told = clients("new", "Backup", "--machine", "--device")
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == "--device: nobody signs in to a machine; choose one of the two\n"


def test_a_device_signs_people_in_by_a_browser_too_if_it_has_one() -> None:
    client = table(clients("new", "Tool", "--device", "--redirect-uri", URI))
    assert client.grant_types == (DEVICE_CODE, "authorization_code", "refresh_token")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ((), "needs redirect_uris, to which people are led back"),
        (("--machine", "--redirect-uri", URI), "has redirect_uris, which its grant_types do not"),
        (("--machine", "--public"), "client_credentials is for clients that prove who they are"),
        (("--machine", "--id", "123"), "of digits alone, it could pass for a person's"),
    ],
)
def test_what_does_not_go_together_is_told(options: tuple[str, ...], fault: str) -> None:
    told = clients("new", "Backup", *options)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith("This client: ")
    assert fault in told.stderr
