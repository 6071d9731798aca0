"""The keys of Snowflakes that run, changed by the command beside them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from snowflake.cli import app
from snowflake.crypto.keys import kid_of
from tests.journeys.browser import Browser
from tests.journeys.relying_party import RelyingParty, Secrets, tokens_of
from tests.journeys.world import ADA, world
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
