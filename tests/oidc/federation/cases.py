"""A client that shows what somebody else has signed (RFC 7523; workload identity)."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import httpx
from joserfc.jwk import ECKey

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from tests.login import APPLICATION
from tests.oidc.signed_in import WIKI, keeping_sessions
from tests.running import Clock, Discord, Snowflake
from tests.workloads import Json

ANOTHER: Final = ECKey.generate_key("P-256")
CLIENT_ID: Final = "deploy"


def trusting(*trusts: Json, **keys: object) -> ClientTable:
    return ClientTable.model_validate(
        {"id": CLIENT_ID, "redirect_uris": [APPLICATION], "trusts": trusts, **keys}
    )


def signed(token: str, /, **more: str) -> dict[str, str]:
    proof = {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE}
    return {"client_id": CLIENT_ID, **proof, **more}


class Starting:
    """Starts a Snowflake whose client has trusts."""

    def __init__(self, settings: Settings, clock: Clock, discord: Discord) -> None:
        self.settings, self.clock, self.discord = settings, clock, discord

    def __call__(self, *trusts: Json, **keys: object) -> AbstractAsyncContextManager[Snowflake]:
        client = trusting(*trusts, **keys)
        return keeping_sessions(self.settings, self.clock, self.discord, client, WIKI)


async def ask(snowflake: Snowflake, form: dict[str, str], **more: Any) -> httpx.Response:
    """Ask about a token that nobody knows, which any client may that has proven who it is."""
    return await snowflake.browser.post("/introspect", data={"token": "x", **form}, **more)


async def is_taken(snowflake: Snowflake, token: str) -> bool:
    answer = await ask(snowflake, signed(token))
    assert answer.status_code in {200, 401}, answer.text
    if answer.status_code == 401:
        assert answer.json()["error"] == "invalid_client"
    return answer.status_code == 200
