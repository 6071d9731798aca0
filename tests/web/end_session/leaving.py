"""Somebody who is signed in to both clients, and may sign out."""

from typing import cast

import httpx

from tests.login import ask, code_for, query_of
from tests.oidc.signed_in import AS_GRAFANA, AS_WIKI, enter, tokens_for
from tests.running import Snowflake

GOODBYE = "https://app.example.com/goodbye"
COOKIE = "__Host-snowflake-session"


async def signed_in(snowflake: Snowflake, browser: httpx.AsyncClient | None = None) -> str:
    """Sign in to Grafana and to the wiki, and answer Grafana's ID token."""
    browser = browser or snowflake.browser
    tokens = await tokens_for(browser, AS_GRAFANA, await code_for(browser, **AS_GRAFANA))
    await enter(browser, AS_WIKI)
    return cast(str, tokens["id_token"])


async def is_signed_in(snowflake: Snowflake, browser: httpx.AsyncClient | None = None) -> bool:
    answer = await ask(browser or snowflake.browser, **AS_WIKI, prompt="none")
    return "code" in query_of(answer.headers["location"])
