import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from typer.testing import CliRunner

from snowflake.cli.commands import COMMANDS, app
from snowflake.cli.sandbox import EXTRA
from snowflake.errors import StartFault
from snowflake.sandbox.check import CheckFailed, sign_in
from snowflake.sandbox.configured import Trial
from snowflake.sandbox.demo import running as sandbox
from snowflake.sandbox.discord import Failure, SimulatedDiscord
from snowflake.sandbox.discord.places import KEEPER, LIGHTHOUSE
from tests.journeys.browser import Browser
from tests.public_keys import EC, pem
from tests.serving import PATIENCE, environment, running

#: Of a secret that the sandbox does not know.
HASHED = f"$argon2id$v=19$m=19456,t=2,p=1${'A' * 22}${'A' * 43}"
#: The modules of all other commands, and what ``serve`` serves.
WITHOUT_EXTRA = sorted(
    {f"snowflake.cli.{place.partition('.')[0]}" for place, _ in COMMANDS.values()}
    | {"snowflake.web.app"}
)
COMMAND = [sys.executable, "-m", "snowflake", "sandbox"]


def four_free_ports() -> int:
    """Answer a port that is free, and so are the next three."""
    for port in range(21_000, 31_000, 4):
        try:
            for number in range(port, port + 4):
                socket.create_server(("127.0.0.1", number)).close()
        except OSError:
            continue
        return port
    pytest.fail("there are no four free ports in a row")


def test_the_check_signs_in_and_says_so(tmp_path: Path) -> None:
    # Nothing of the environment may change what the sandbox is.
    variables = {"SNOWFLAKE_ISSUER": "https://snowflake.example.com", "SNOWFLAKE_LOG_LEVEL": "loud"}
    with running([*COMMAND, "--check"], tmp_path / "log", variables) as check:
        assert check.process.wait(PATIENCE) == 0, check.log
        assert check.log == "Signed in as Ada Lindqvist (189462537114681345). All is well.\n"


def test_in_a_container_it_listens_everywhere_and_is_still_reached_as_localhost(
    tmp_path: Path,
) -> None:
    port = four_free_ports()
    command = [*COMMAND, "--port", str(port), "--host", "0.0.0.0"]  # noqa: S104
    with running(command, tmp_path / "log") as started:
        started.wait_until(lambda: "Baker" in started.log)
        assert f"Open http://localhost:{port} in a browser" in started.log
        assert sign_in(f"http://localhost:{port}")["name"] == "Ada Lindqvist"
        for number in range(port, port + 4):
            # Every address of the machine is taken.
            with pytest.raises(OSError, match="in use"):
                socket.create_server(("127.0.0.2", number))


def test_where_no_login_could_be_it_does_not_listen() -> None:
    result = CliRunner().invoke(app, ["sandbox", "--check", "--host", "10.0.0.1"])
    assert result.exit_code == 2
    assert "127.0.0.1" in result.output


@pytest.mark.parametrize("package", ["authlib", "itsdangerous", "segno"])
def test_without_the_extra_it_says_what_to_install(package: str, tmp_path: Path) -> None:
    result = _without([package], "sandbox", "--check")
    assert (result.returncode, result.stdout) == (1, "")
    assert "pip install 'snowflake-oidc[sandbox]'" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("module", WITHOUT_EXTRA)
def test_nothing_but_the_sandbox_needs_the_extra(module: str) -> None:
    assert _without(EXTRA, "import", module).returncode == 0


def test_what_else_is_missing_is_not_taken_for_the_extra() -> None:
    result = _without(["jinja2"], "sandbox", "--check")
    assert "ModuleNotFoundError" in result.stderr
    assert "[sandbox]" not in result.stderr


#: Blocks packages, and runs the command line or imports a module.
BLOCKED = """
import importlib, sys
_, packages, *arguments = sys.argv
sys.modules.update(dict.fromkeys(packages.split(",")))
if arguments[0] == "import":
    importlib.import_module(arguments[1])
else:
    from snowflake.cli import main
    sys.argv = ["snowflake", *arguments]
    main()
"""


def _without(packages: Iterable[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the command that is tested
        [sys.executable, "-c", BLOCKED, ",".join(packages), *arguments],
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_check_fails_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> SimulatedDiscord:
        made = SimulatedDiscord()
        made.fail("token", Failure.UNAVAILABLE, times=None)
        return made

    monkeypatch.setattr("snowflake.sandbox.demo.SimulatedDiscord", broken)
    result = CliRunner().invoke(app, ["sandbox", "--check"])
    assert result.exit_code == 1
    assert result.stderr.startswith("The login failed: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_prints_its_address_and_ends_when_told(
    by: signal.Signals, tmp_path: Path
) -> None:
    port, mine = four_free_ports(), "https://mine.example.com/callback"
    command = [*COMMAND, "--port", str(port), "--redirect-uri", mine]
    with running(command, tmp_path / "log") as started:
        started.wait_until(lambda: "Baker" in started.log)
        address = f"http://localhost:{port}"
        assert f"Open {address} in a browser" in started.log
        assert f"issuer         http://localhost:{port + 1}\n" in started.log
        assert f"\n  {LIGHTHOUSE}  Lighthouse Keepers\n  {KEEPER}    Keeper\n" in started.log
        assert f"  http://localhost:{port + 1}/linked-role\n" in started.log
        assert httpx.get(address, trust_env=False).status_code == 200
        assert sign_in(address, "hermit")["name"] == "The Hermit"
        assert started.end(by) == 0
        assert "Traceback" not in started.log
        assert "Abort" not in started.log


def test_a_port_in_use_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["sandbox", "--port", port])
    assert result.exit_code == 1
    assert port in result.stderr
    assert result.stderr.endswith("Choose another with --port.\n")
    assert result.stderr.count("\n") == 1


CONFIGURATION = f"""
# Of the deployment, and of no interest here.
discord_client_id = "1"
discord_bot_token_file = "/run/secrets/bot"
[groups]
include = ["roles"]
guilds = ["{LIGHTHOUSE}"]
shape = "name"
[access]
all_guilds = ["{LIGHTHOUSE}"]
[[clients]]
id = "keepers"
name = "The keepers' page"
secret = "{HASHED}"
redirect_uris = ["https://keepers.example.com/callback"]
[clients.access]
any_role = ["{KEEPER}"]
[[clients]]
id = "browser"
public = true
redirect_uris = ["https://browser.example.com/callback"]
[clients.access]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "snowflake.toml"
    path.write_text(CONFIGURATION, "utf-8")
    return path


class TestTryingAConfiguration:
    """``--config`` and ``--client``."""

    KEEPERS: ClassVar = ["Lighthouse Keepers:Keeper", "Lighthouse Keepers:Night Shift"]

    @pytest.fixture(autouse=True)
    def _quiet(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The logging of this process is not the sandbox's to configure.
        monkeypatch.setattr("snowflake.sandbox.demo.configure_logs", lambda *_, **__: None)

    @pytest.mark.parametrize("client", [None, "keepers", "browser"])
    def test_the_example_shows_what_a_client_gets(self, client: str | None, file: Path) -> None:
        with sandbox(trial=Trial(file, client)) as started:
            assert sign_in(started.example)["groups"] == self.KEEPERS

    @pytest.mark.parametrize(
        "keys",
        [
            'signing_alg = "HS256"',
            'signing_alg = "EdDSA"\nsigned_userinfo = true',
            f"encryption_key = '''{pem(EC)}'''",
            'issuer_mode = "per_client"',
        ],
        ids=["by its secret", "UserInfo too", "encrypted", "under an issuer of its own"],
    )
    def test_the_example_reads_what_a_client_gets_however_it_is_signed(
        self, keys: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "snowflake.toml"
        file.write_text(
            "[[clients]]\nid = 'wiki'\nsecret = 'a secret of more than thirty-two bytes'\n"
            f"redirect_uris = ['https://wiki.example.com/callback']\n{keys}\n",
            "utf-8",
        )
        with sandbox(trial=Trial(file, "wiki")) as started:
            assert sign_in(started.example)["sub"]

    def test_a_gate_of_everybody_tells_a_discord_application(self, file: Path) -> None:
        with (
            sandbox(trial=Trial(file)) as started,
            pytest.raises(CheckFailed, match="the person may not sign in: all_guilds"),
        ):
            sign_in(started.example, "hermit")

    def test_a_gate_of_a_client_ends_on_a_page_with_its_name(self, file: Path) -> None:
        with sandbox(trial=Trial(file, "keepers")) as started, Browser() as browser:
            consent = browser.open(f"{started.example}/login")
            page = browser.allow(consent, "951437208843669504")
            assert page.status_code == 403
            assert "The keepers&#39; page" in page.text
            assert "You need the role" in page.text

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("\n[acess]\n", ":2: acess: is not known here; is access meant?"),
            ('[access]\nany_role = ["1"]\n', ":2: access.any_role: needs a guild: "),
            ('[groups]\nshape = "names"\n', ":2: groups.shape: "),
        ],
    )
    def test_a_fault_is_told_as_at_a_start(self, text: str, fault: str, file: Path) -> None:
        file.write_text(text, "utf-8")
        result = CliRunner().invoke(app, ["sandbox", "--check", "--config", str(file)])
        assert isinstance(result.exception, StartFault)
        [line] = result.exception.faults
        assert line.startswith(f"{file}{fault}")

    def test_a_client_that_is_not_registered_is_a_fault(self, file: Path) -> None:
        for further in ([], ["--config", str(file)]):
            result = CliRunner().invoke(app, ["sandbox", "--check", "--client", "x", *further])
            assert isinstance(result.exception, StartFault)
            assert result.exception.faults[0].startswith("--client: ")

    def test_a_client_to_which_nobody_signs_in_is_a_fault(self, file: Path) -> None:
        machine = '[[clients]]\nid = "ci"\nsecret = "s"\ngrant_types = ["client_credentials"]\n'
        file.write_text(machine, "utf-8")
        command = ["sandbox", "--check", "--client", "ci", "--config", str(file)]
        result = CliRunner().invoke(app, command)
        assert isinstance(result.exception, StartFault)
        told = "--client: signs in nobody by a browser, by its grant_types"
        assert list(result.exception.faults) == [told]
