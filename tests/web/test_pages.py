import base64
import html
import re
from hashlib import sha256

import pytest
from starlette.requests import Request

from snowflake.web.pages import SECURITY_HEADERS, Message, error_page
from tests.running import Snowflake

HOSTILE = "<script>alert('1')</script>\" onload=\"x"


def page_of(message: Message) -> str:
    request = Request({"type": "http", "request_id": "abc<b>"})
    return bytes(error_page(request, message, status=400).body).decode()


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
