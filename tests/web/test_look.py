import base64
import re
from hashlib import sha256

import httpx
import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.pages import PagesTable, picture
from snowflake.theme import WORDMARK
from snowflake.web.look import OURS, look
from tests.running import Clock, Discord, running

SVG = picture(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>')


async def shown(
    settings: Settings, clock: Clock, discord: Discord, pages: PagesTable
) -> httpx.Response:
    """Open an address at which there is nothing."""
    changed = settings.model_copy(update={"pages": pages})
    async with running(changed, clock, discord) as snowflake:
        return await snowflake.browser.get("/nowhere")


async def test_a_page_has_the_operator_s_name_in_place_of_ours(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    page = await shown(settings, clock, discord, PagesTable(name="Birds <b>Login</b>"))
    name = "Birds &lt;b&gt;Login&lt;/b&gt;"
    assert f" · {name}</title>" in page.text
    assert f'<p class="name"><bdi>{name}</bdi></p>' in page.text
    assert OURS not in page.text
    assert WORDMARK not in page.text


async def test_a_page_without_one_has_our_wordmark(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    page = await shown(settings, clock, discord, PagesTable())
    assert f" · {OURS}</title>" in page.text
    assert WORDMARK in page.text
    assert f'<p class="name"><bdi>{OURS}</bdi></p>' in page.text


@pytest.mark.parametrize(
    ("logo", "source"),
    [
        (SVG, "data:"),
        ("https://cdn.example.com:8443/owl.svg?size=64", "https://cdn.example.com:8443"),
    ],
)
async def test_the_policy_lets_in_the_logo_and_nothing_else(
    settings: Settings, clock: Clock, discord: Discord, logo: str, source: str
) -> None:
    page = await shown(settings, clock, discord, PagesTable(logo=logo))
    assert f'<img src="{logo}" alt="">' in page.text
    assert WORDMARK not in page.text
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["img-src"] == source
    assert policy["default-src"] == "'none'"


async def test_the_policy_knows_the_style_sheet_with_the_accent(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    page = await shown(settings, clock, discord, PagesTable(accent="#fc0"))
    [style] = re.findall(r"<style>(.*)</style>", page.text, re.DOTALL)
    assert style.endswith("--accent: light-dark(#8f7200, #ffcc00); }\n")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("help@example.com", '<a href="mailto:help@example.com">help@example.com</a>'),
        ("https://example.com/help", '<a href="https://example.com/help">example.com/help</a>'),
    ],
)
async def test_where_something_failed_people_read_whom_to_ask(
    settings: Settings, clock: Clock, discord: Discord, contact: str, link: str
) -> None:
    page = await shown(settings, clock, discord, PagesTable(contact=contact))
    assert link in page.text


def test_an_answer_that_is_no_page_allows_no_picture() -> None:
    assert "img-src" not in look(PagesTable()).policy
