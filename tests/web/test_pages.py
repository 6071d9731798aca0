import base64
import html
import re
from hashlib import sha256

import pytest
from starlette.requests import Request

from snowflake.errors import Back, Denial, Refusal
from snowflake.web.pages import SECURITY_HEADERS, Message, denial_page, error_page
from tests.running import Snowflake

HOSTILE = "<script>alert('1')</script>\" onload=\"x"


INVITE = "https://discord.gg/example"
JOIN = Refusal("any_guild", "You have to be a member.", by_joining=True)
WAIT = Refusal("min_account_age", "Your account is too new.")


def request_of() -> Request:
    return Request({"type": "http", "request_id": "abc<b>"})


def page_of(message: Message) -> str:
    return bytes(error_page(request_of(), message, status=400).body).decode()


def page_for(*refusals: Refusal, application: str = "Grafana", invite: str | None = INVITE) -> str:
    denial = Denial(
        refusals=refusals,
        application=application,
        account="nelly",
        another_account="https://discord.com/oauth2/authorize?a=1&b=2",
        back=Back("https://grafana.example.com/login?error=access_denied&state=1"),
        invite=invite,
    )
    return bytes(denial_page(request_of(), denial).body).decode()


def links(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<a class="button(?: plain)?" href="([^"]*)">(.*)</a>', page)
    return [(html.unescape(address), re.sub("<[^>]*>", "", text)) for address, text in found]


def test_whatever_a_message_holds_is_escaped() -> None:
    page = page_of(Message(HOSTILE, HOSTILE, HOSTILE))
    assert "<script" not in page
    assert "abc<b>" not in page
    assert html.unescape(page).count(HOSTILE) == 4


def test_the_policy_allows_the_one_style_sheet_that_is_there() -> None:
    page = page_of(Message("a", "b", "c"))
    [style] = re.findall(r"<style>(.*)</style>", page, re.DOTALL)
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in SECURITY_HEADERS["Content-Security-Policy"]
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("path", ["/authorize", "/r/https://a.example/", "/nowhere"])
async def test_a_page_shows_the_reference_that_is_in_the_log(
    snowflake: Snowflake, path: str
) -> None:
    response = await snowflake.browser.get(path)
    assert f"<code>{response.headers['x-request-id']}</code>" in response.text


@pytest.mark.parametrize("path", ["/authorize", "/r/https://a.example/", "/nowhere"])
async def test_a_page_is_one_that_anybody_can_read(snowflake: Snowflake, path: str) -> None:
    page = (await snowflake.browser.get(path)).text
    assert page.startswith("<!doctype html>")
    assert '<html lang="en">' in page
    assert len(re.findall("<h1>", page)) == 1
    assert re.search(r"<title>[^<]+</title>", page)
    assert not re.search(r"(src|href)=", page)


async def test_what_was_sent_is_on_no_page(snowflake: Snowflake) -> None:
    for path in ("/authorize", "/r/https://evil.example/", "/nowhere"):
        for name in ("client_id", "redirect_uri", "state", "scope", "error", "prompt"):
            response = await snowflake.browser.get(path, params={name: "MARK<MARK"})
            assert "MARK" not in response.text


def test_who_may_not_sign_in_reads_why_and_with_which_account() -> None:
    page = page_for(JOIN, WAIT)
    assert re.findall("<li>(.*)</li>", page) == [JOIN.sentence, WAIT.sentence]
    assert "<bdi>nelly</bdi>" in page
    assert "<code>abc&lt;b&gt;</code>" in page
    assert len(re.findall("<h1>", page)) == 1


def test_a_denial_leads_to_the_guild_to_another_account_and_back() -> None:
    assert links(page_for(JOIN)) == [
        (INVITE, "Join on Discord"),
        ("https://discord.com/oauth2/authorize?a=1&b=2", "Use another account"),
        ("https://grafana.example.com/login?error=access_denied&state=1", "Back to Grafana"),
    ]


def test_nobody_is_invited_whom_joining_does_not_help() -> None:
    assert len(links(page_for(WAIT))) == 2
    assert len(links(page_for(JOIN, invite=None))) == 2
    assert len(links(page_for(WAIT, JOIN))) == 3


def test_whatever_a_denial_holds_is_escaped() -> None:
    page = page_for(Refusal("any_role", HOSTILE), application=HOSTILE, invite=HOSTILE)
    assert "<script" not in page
    assert 'onload="' not in page
    assert html.unescape(page).count(HOSTILE) == 3
