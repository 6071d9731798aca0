"""What log and page say of a redirect URI that is none of a client's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from tests.login import APPLICATION, ask, code_for, redeem
from tests.oidc.test_registered_clients import CLIENT_ID, CLIENT_SECRET
from tests.running import ORIGIN, Snowflake

GOODBYE = "https://app.example.com/goodbye"
PATTERN = r"regex:https://.*\.preview\.example\.com/callback"


# A line holds values of many types.
@contextmanager
def logged() -> Iterator[dict[str, Any]]:
    """Answer the line of the only request within the block, once it is over."""
    line: dict[str, Any] = {}
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        yield line
    [request] = [line for line in lines if line["event"] == "request"]
    line.update(request)


@pytest.mark.parametrize(
    ("sent", "shown", "nearest", "differs"),
    [
        (f"{APPLICATION}/", f"{APPLICATION}/", APPLICATION, "a slash at the end"),
        (f"{APPLICATION}?code=secret", APPLICATION, APPLICATION, "a query"),
        (
            "http://app.example.com/callback",
            "http://app.example.com/callback",
            APPLICATION,
            "http instead of https",
        ),
        (
            f"{ORIGIN}/r/{APPLICATION}",
            f"{ORIGIN}/r/{APPLICATION}",
            APPLICATION,
            "another address in front of it",
        ),
        (
            "https://a.preview.example.com/callback/",
            "https://a.preview.example.com/callback/",
            PATTERN,
            "a path that the pattern does not match",
        ),
    ],
)
async def test_the_log_says_what_came_and_what_differs_from_the_nearest(
    registered: Snowflake, sent: str, shown: str, nearest: str, differs: str
) -> None:
    with logged() as line:
        answer = await ask(registered.browser, client_id=CLIENT_ID, redirect_uri=sent)
    assert answer.status_code == 400
    assert (line["error"], line["redirect_uri"]) == ("invalid_request", shown)
    assert (line["nearest"], line["differs"]) == (nearest, differs)
    assert "secret" not in str(line)
    assert line["request_id"] in answer.text


async def test_the_page_says_nothing_of_what_is_registered_or_came(registered: Snowflake) -> None:
    sent = "https://evil.example/%3Cscript%3E"
    page = await ask(registered.browser, client_id=CLIENT_ID, redirect_uri=sent)
    assert "redirect_uri is not one of those of this client" in page.text
    assert "The service that you came from is not set up right" in page.text
    for told in ("app.example.com", "preview", "evil.example", "Grafana", "script", "instead of"):
        assert told not in page.text


async def test_after_a_logout_it_is_the_same(registered: Snowflake) -> None:
    asked = {"client_id": CLIENT_ID, "post_logout_redirect_uri": f"{GOODBYE}/"}
    with logged() as line:
        answer = await registered.browser.get("/logout", params=asked)
    assert answer.status_code == 400
    assert "post_logout_redirect_uri is not one of those of this client" in answer.text
    assert (line["redirect_uri"], line["nearest"]) == (f"{GOODBYE}/", GOODBYE)
    assert line["differs"] == "a slash at the end"


@pytest.mark.parametrize(
    ("sent", "differs"),
    [
        (f"{APPLICATION}/", "a slash at the end"),
        (f"{ORIGIN}/r/{APPLICATION}", "another address in front of it"),
        (f"{ORIGIN}/r/https%3A%2F%2Fapp.example.com%2Fcallback", "another host, another path"),
        (f"{ORIGIN}/callback", "another host"),
    ],
)
async def test_the_token_endpoint_takes_the_very_uri_of_a_registered_client_and_tells_the_log(
    registered: Snowflake, sent: str, differs: str
) -> None:
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    with logged() as line:
        answer = await redeem(registered.browser, code, redirect_uri=sent, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert APPLICATION not in answer.text
    assert (line["nearest"], line["differs"]) == (APPLICATION, differs)
    # Nothing is lost by it.
    assert (await redeem(registered.browser, code, **form)).status_code == 200


async def test_a_discord_application_may_send_the_long_form(snowflake: Snowflake) -> None:
    for sent in (APPLICATION, f"{ORIGIN}/r/{APPLICATION}"):
        code = await code_for(snowflake.browser)
        assert (await redeem(snowflake.browser, code, redirect_uri=sent)).status_code == 200


async def test_what_a_discord_application_may_not_send_is_in_the_log_too(
    snowflake: Snowflake,
) -> None:
    with logged() as line:
        await ask(snowflake.browser, redirect_uri="http://app.example.com/cb?secret=1")
    assert line["redirect_uri"] == "http://app.example.com/cb"
    assert "nearest" not in line


async def test_what_a_pattern_lets_pass_and_no_browser_may_be_sent_to_is_logged_too(
    registered: Snowflake,
) -> None:
    sent = "https://pr-1.preview.example.com:99999/callback"
    with logged() as line:
        answer = await ask(registered.browser, client_id=CLIENT_ID, redirect_uri=sent)
    assert answer.status_code == 400
    assert line["redirect_uri"] == sent
