import pytest
import structlog

from snowflake.errors import InvalidRequest
from snowflake.oidc.clients import find_client, requested_client
from snowflake.protocol.parameters import Parameters
from snowflake.settings import Settings
from tests.login import CLIENT_ID, redeem
from tests.running import Clock, Discord, Snowflake, running


async def test_a_client_that_is_not_allowed_gets_no_tokens(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    limited = settings.model_copy(update={"allowed_clients": ("1",)})
    async with running(limited, clock, discord) as snowflake:
        response = await redeem(snowflake.browser, "code")
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"
    assert response.headers["www-authenticate"].startswith("Basic ")


def test_the_log_names_a_client_that_is_found(snowflake: Snowflake) -> None:
    with structlog.contextvars.bound_contextvars(client_id=None):
        find_client(CLIENT_ID, snowflake.state.registry)
        assert structlog.contextvars.get_contextvars()["client_id"] == CLIENT_ID


def test_the_log_does_not_name_what_may_be_a_secret(snowflake: Snowflake) -> None:
    with structlog.contextvars.bound_contextvars(client_id=None):
        find_client("a-secret-in-the-wrong-field", snowflake.state.registry)
        assert structlog.contextvars.get_contextvars()["client_id"] == "unusual"


@pytest.mark.parametrize("client_id", ["a b", "1\x7f", "é"])
def test_an_id_that_no_client_has_is_an_invalid_request(
    snowflake: Snowflake, client_id: str
) -> None:
    with pytest.raises(InvalidRequest):
        requested_client(Parameters([("client_id", client_id)]), snowflake.state.registry)
