from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from snowflake.outbound.transport import transport_to, transport_to_any

Transport = AbstractAsyncContextManager[httpx.AsyncBaseTransport]
#: Opens a pool of one connection for a URL.
Open = Callable[[str], Transport]


@pytest.fixture(params=["to one", "to any"])
def opened(request: pytest.FixtureRequest) -> Open:
    def open_one(url: str) -> Transport:
        return transport_to(url, 1) if request.param == "to one" else transport_to_any(1)

    return open_one


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
