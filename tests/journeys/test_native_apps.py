"""How Chromium leads people into an app, through forms, redirects and links with their policies."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import httpx
import pytest
from playwright.sync_api import Page, expect

from snowflake.sandbox.configured import Trial
from snowflake.sandbox.demo import Sandbox
from snowflake.sandbox.demo import running as running_sandbox
from snowflake.sandbox.discord.places import LIGHTHOUSE
from tests.journeys.browser import parameters
from tests.journeys.chromium import choose
from tests.journeys.registered import ANOTHER_APP, APP, client
from tests.journeys.relying_party import RelyingParty, Secrets


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run a sandbox with an app that lets in the members of a guild."""
    file = tmp_path_factory.mktemp("app") / "snowflake.toml"
    access = f'[clients.access]\nany_guild = ["{LIGHTHOUSE}"]'
    file.write_text(client("app", access, public=True), "utf-8")
    with (
        patch("snowflake.sandbox.demo.configure_logs"),
        running_sandbox(trial=Trial(file, "app")) as running,
    ):
        yield running


def begin(page: Page, sandbox: Sandbox, uri: str, username: str) -> None:
    with httpx.Client(trust_env=False) as http:
        party = RelyingParty(sandbox.snowflake, "app", None, http, uri, "none")
        page.goto(party.begin(Secrets()))
    choose(page, username)


@contextmanager
def opening(page: Page, uri: str) -> Iterator[dict[str, str]]:
    """Answer what an app is told, once Chromium has asked the system to open it."""
    told: dict[str, str] = {}
    with page.expect_request(lambda request: request.url.startswith(f"{uri}?")) as asked:
        yield told
    told.update(parameters(asked.value.url))


@pytest.mark.parametrize("uri", [APP, ANOTHER_APP])
def test_whoever_signs_in_is_led_into_the_app(page: Page, sandbox: Sandbox, uri: str) -> None:
    with opening(page, uri) as told:
        begin(page, sandbox, uri, "ada.lindqvist")
    assert told.keys() == {"code", "state", "iss"}


def test_whoever_is_turned_away_has_a_link_into_the_app(page: Page, sandbox: Sandbox) -> None:
    begin(page, sandbox, APP, "hermit")
    expect(page.get_by_role("heading", level=1)).to_contain_text("You can't sign in")
    with opening(page, APP) as told:
        page.get_by_role("link", name="Back to The app client").click(no_wait_after=True)
    assert told["error"] == "access_denied"
