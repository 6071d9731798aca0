"""Two registered clients with sessions, for the tests of single sign-on and of logout."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import httpx
from pydantic import SecretStr
from sqlalchemy import select

from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.store.schema import logout_deliveries
from tests.login import Json, ask, code_for, query_of, redeem
from tests.oidc.test_registered_clients import registering
from tests.running import Clock, Discord, Snowflake, running

WIKI_URI: Final = "https://wiki.example.com/callback"
GRAFANA: Final = ClientTable(
    id="grafana",
    name="Grafana",
    secret=SecretStr("grafana's secret"),
    redirect_uris=("https://app.example.com/callback",),
    post_logout_redirect_uris=("https://app.example.com/goodbye",),
)
WIKI: Final = ClientTable(
    id="wiki", name="Wiki", secret=SecretStr("the wiki's secret"), redirect_uris=(WIKI_URI,)
)
#: What each says of itself at ``/authorize``, and at ``/token``.
AS_GRAFANA: Final[Mapping[str, str]] = {"client_id": "grafana"}
AS_WIKI: Final[Mapping[str, str]] = {"client_id": "wiki", "redirect_uri": WIKI_URI}
SECRETS: Final[Mapping[str, str]] = {"grafana": "grafana's secret", "wiki": "the wiki's secret"}
#: The scope of a grant that outlives the session.
LASTING: Final = "openid offline_access"


@asynccontextmanager
async def keeping_sessions(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    *clients: ClientTable,
    **changes: object,
) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with sessions, and the two clients unless told otherwise."""
    changes = {"session_lifetime": timedelta(hours=12), **changes}
    configured = registering(settings, *(clients or (GRAFANA, WIKI)), **changes)
    async with running(configured, clock, discord) as snowflake:
        yield snowflake


async def enter(browser: httpx.AsyncClient, client: Mapping[str, str], **changes: str) -> Json:
    """Sign in by the session of a browser, without Discord, and answer what ``/token`` says."""
    answer = await ask(browser, **{**client, **changes})
    assert answer.status_code == 302, answer.text
    sent = query_of(answer.headers["location"])
    assert "code" in sent, answer.headers["location"]
    return await tokens_for(browser, client, sent["code"])


async def tokens_for(browser: httpx.AsyncClient, client: Mapping[str, str], code: str) -> Json:
    """Redeem a code."""
    secret = SECRETS[client["client_id"]]
    answer = await redeem(browser, code, **{**client, "client_secret": secret})
    assert answer.status_code == 200, answer.text
    tokens: Json = answer.json()
    return tokens


async def refused(browser: httpx.AsyncClient, client: Mapping[str, str], **changes: str) -> str:
    """Ask without a page (``prompt=none``) and answer the error that the client hears."""
    answer = await ask(browser, **{"prompt": "none", **client, **changes})
    assert answer.status_code == 302, answer.text
    return query_of(answer.headers["location"])["error"]


async def is_alive(browser: httpx.AsyncClient, tokens: Json) -> bool:
    """Whether UserInfo takes an access token."""
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return (await browser.get("/userinfo", headers=headers)).status_code == 200


async def refresh(browser: httpx.AsyncClient, client: Mapping[str, str], tokens: Json) -> Json:
    """Use a refresh token, and answer what ``/token`` says."""
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    client_id = client["client_id"]
    form |= {"client_id": client_id, "client_secret": SECRETS[client_id]}
    answer: Json = (await browser.post("/token", data=form)).json()
    return answer


async def to_both(snowflake: Snowflake) -> tuple[Json, Json]:
    """Sign in to both, for longer than the session; answer the tokens of each."""
    code = await code_for(snowflake.browser, **AS_GRAFANA, scope=LASTING)
    grafana = await tokens_for(snowflake.browser, AS_GRAFANA, code)
    return grafana, await enter(snowflake.browser, AS_WIKI, scope=LASTING)


async def to_be_told(snowflake: Snowflake) -> list[str]:
    """Answer the clients that are yet to be told of a logout."""
    query = select(logout_deliveries.c.client_id).order_by(logout_deliveries.c.client_id)
    return list(await snowflake.state.store.database.read(lambda c: c.scalars(query).all()))
