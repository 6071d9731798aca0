"""What an application gets from the authorization endpoint, in each response mode."""

import re
from html import unescape
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import httpx

from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.responses import RESPONSE_TYPES
from tests.login import ask, come_back, depart
from tests.oidc.signed_in import GRAFANA

#: One that may ask for everything.
ANY: Final = GRAFANA.model_copy(update={"response_types": RESPONSE_TYPES})
NONCE: Final = "the application's nonce"
_FORM = re.compile(r'<form method="post" action="([^"]*)"')
_FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def any_with(**changes: object) -> ClientTable:
    return ANY.model_copy(update=changes)


def answered(response: httpx.Response) -> tuple[str, str, dict[str, str]]:
    """Answer the mode of an answer, where it goes, and what it holds."""
    if response.status_code == 200:
        [target] = _FORM.findall(response.text)
        fields = [(name, unescape(value)) for name, value in _FIELD.findall(response.text)]
        return "form_post", unescape(target), _once(fields)
    assert response.status_code == 302, response.text
    url = urlsplit(response.headers["location"])
    mode = "fragment" if url.fragment else "query"
    sent = _once(parse_qsl(url.fragment or url.query, strict_parsing=True))
    place = url._replace(fragment="")
    return mode, (place if url.fragment else place._replace(query="")).geturl(), sent


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


async def asked(browser: httpx.AsyncClient, **changes: str | None) -> httpx.Response:
    """Ask as ``ANY`` for something that ``/authorize`` itself answers."""
    return await ask(browser, **{"client_id": "grafana", "nonce": NONCE, **changes})


async def came(browser: httpx.AsyncClient, **changes: str | None) -> httpx.Response:
    """Sign in as ``ANY`` by way of Discord, as if for the first time, up to the answer."""
    browser.cookies.clear()
    departure = await depart(browser, **{"client_id": "grafana", "nonce": NONCE, **changes})
    return await come_back(browser, departure)
