"""Keys that clients publish are kept for as long as a client names them."""

from collections.abc import Callable

import httpx

from snowflake.settings import Settings
from snowflake.state.client_keys import ClientKeys, Publisher

URI = "https://app.example.com/jwks.json"
ISSUER = "https://ci.example.com"


def settings(*clients: dict[str, object]) -> Settings:
    common = {"redirect_uris": ["https://app.example.com/cb"]}
    return Settings.model_validate({"clients": [{**common, **client} for client in clients]})


def counting(asked: list[str]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"keys": []})

    return answer


async def test_what_no_client_names_any_more_is_forgotten() -> None:
    asked: list[str] = []
    keys = ClientKeys(httpx.MockTransport(counting(asked)), lambda: 0.0)
    publishers = (Publisher(URI), Publisher(f"{ISSUER}/jwks"))
    by_key: dict[str, object] = {"id": "app", "authentication": "private_key_jwt", "jwks_uri": URI}
    trust = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", "subject": "me"}
    by_trust: dict[str, object] = {"id": "ci", "trusts": [trust]}
    for publisher in publishers:
        assert await keys.find(publisher, "kid", "ES256") is None
    for named, fetched in (((by_key, by_trust), set()), ((by_trust,), {URI})):
        asked.clear()
        keys.use(settings(*named))
        for publisher in publishers:
            await keys.find(publisher, "kid", "ES256")
        assert {*asked} == fetched
