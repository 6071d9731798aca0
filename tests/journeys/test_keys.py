"""The keys of Snowflakes that run, changed by the command beside them."""

import signal
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from snowflake.cli.commands import app
from snowflake.crypto.keys import kid_of
from tests.journeys.browser import Browser
from tests.journeys.registered import client as registered
from tests.journeys.relying_party import RelyingParty, Secrets, tokens_of
from tests.journeys.world import ADA, World, world
from tests.store.places import ENGINES, place_on

SECRET = "0123456789abcdef0123456789abcdef"


def sign_in(party: RelyingParty, browser: Browser) -> tuple[str, str]:
    """Answer an access token and the key that has signed it, whichever worker it was."""
    browser.http.headers["Connection"] = party.http.headers["Connection"] = "close"
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    token = str(tokens_of(party.redeem(login, code))["access_token"])
    return token, kid_of(token) or ""


@pytest.mark.parametrize("engine", ENGINES)
def test_every_worker_signs_with_a_key_that_is_to_sign_at_once(
    engine: str, tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "SNOWFLAKE_DATA_DIR": str(tmp_path / "data"),
        "SNOWFLAKE_DATABASE_URL": place_on(engine, tmp_path).url,
        "SNOWFLAKE_SECRET_KEY": SECRET,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with world(tmp_path, settings, "--workers", "2") as running:
        # Of the logins at one client only the newest 100 live, and many are made to look.
        party, looking = running.party(), running.party()
        before, old = sign_in(party, browser)
        told = CliRunner().invoke(app, ["keys", "rotate", "--now"], catch_exceptions=False)
        new = told.stdout.split()[0]
        assert told.stdout == f"{new} signs now, by RS256.\n"
        # Whoever of them answers, from some moment on it is the new one.
        running.snowflake.wait_until(
            lambda: {sign_in(looking, browser)[1] for _ in range(6)} == {new}
        )
        assert old != new
        for token in (before, sign_in(party, browser)[0]):
            assert party.userinfo({"access_token": token, "token_type": "Bearer"})["sub"] == ADA


def clients(algorithm: str) -> str:
    """Register two: of the logins at one client only the newest 100 live, and many look."""
    signed = f'signing_alg = "{algorithm}"'
    return registered("confidential", signed) + registered("looking", signed)


def published(running: World) -> dict[str, str]:
    """Answer the keys that one of the workers publishes, whichever it is: algorithm -> ID."""
    url = f"{running.snowflake.origin}/.well-known/jwks.json"
    return {key["alg"]: key["kid"] for key in httpx.get(url, trust_env=False).json()["keys"]}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_worker_signs_by_the_algorithm_that_a_changed_file_names(
    engine: str, tmp_path: Path, browser: Browser
) -> None:
    settings = {
        "SNOWFLAKE_DATA_DIR": str(tmp_path / "data"),
        "SNOWFLAKE_DATABASE_URL": place_on(engine, tmp_path).url,
        "SNOWFLAKE_SECRET_KEY": SECRET,
    }
    with world(tmp_path, settings, "--workers", "2", file=clients("ES256")) as running:
        snowflake, party = running.snowflake, running.client("confidential")
        looking = running.client("looking")
        before, old = sign_in(party, browser)
        assert published(running).keys() == {"RS256", "ES256"}
        assert published(running)["ES256"] == old
        (tmp_path / "snowflake.toml").write_text(clients("EdDSA"))
        snowflake.process.send_signal(signal.SIGHUP)
        snowflake.wait_until(lambda: sign_in(looking, browser)[1] != old)
        # The workers have made one together, and not one each, and all publish it before one signs.
        [new] = {published(running)["EdDSA"] for _ in range(6)}
        snowflake.wait_until(lambda: {sign_in(looking, browser)[1] for _ in range(6)} == {new})
        # What was signed before holds, by whichever worker.
        for _ in range(4):
            told = party.userinfo({"access_token": before, "token_type": "Bearer"})
            assert told["sub"] == ADA
        assert "unexpected_error" not in snowflake.log
