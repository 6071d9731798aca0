import pytest

from tests.raw import send_raw
from tests.running import Snowflake


@pytest.mark.parametrize("host", [b"10.1.2.3:8000", b"anything", b"", b"\xff"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_it_answers_by_any_host_and_over_plain_http(
    snowflake: Snowflake, host: bytes, scheme: str
) -> None:
    headers = [(b"host", host)]
    response = await send_raw(snowflake.app, "/health", headers=headers, scope={"scheme": scheme})
    assert response.status == 200
    assert response.body == b'{"status":"ok"}'


async def test_discord_is_not_asked(snowflake: Snowflake) -> None:
    assert (await snowflake.browser.get("/health")).status_code == 200
    assert not snowflake.discord.calls
