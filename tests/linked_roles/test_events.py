import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.settings import Settings
from tests.linked_roles.world import APPLICATION, PERSON, Roles, link, with_linked_roles
from tests.running import NOW, Clock, Discord, Snowflake, running
from tests.store import furniture
from tests.store.furniture import put_login
from tests.upstream.provider import Provider

KEY = Ed25519PrivateKey.generate()
PUBLIC_KEY = KEY.public_key().public_bytes_raw().hex()
PING = {"version": 1, "application_id": APPLICATION, "type": 0}


@pytest.fixture
async def linking(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    roles: Roles,
    provider: Provider,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Snowflake]:
    """Make one that knows Discord's public key, with a login and a link of one person."""
    monkeypatch.setattr("tests.store.furniture.APPLICATION", APPLICATION)
    keyed = with_linked_roles(settings).model_copy(update={"discord_public_key": PUBLIC_KEY})
    async with running(keyed, clock, discord) as snowflake:
        await put_login(snowflake.state.store, "code", PERSON)
        await link(snowflake, provider)
        yield snowflake


def deauthorized(
    person: str = PERSON, at: float = NOW, application: str = APPLICATION
) -> dict[str, Any]:
    event = {
        "type": "APPLICATION_DEAUTHORIZED",
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(),
        "data": {"user": {"id": person, "username": "nelly"}},
    }
    return {"version": 1, "application_id": application, "type": 1, "event": event}


async def send(
    snowflake: Snowflake,
    message: object,
    key: Ed25519PrivateKey = KEY,
    at: float = NOW,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    timestamp = str(int(at))
    signed = {
        "X-Signature-Ed25519": key.sign(timestamp.encode() + content).hex(),
        "X-Signature-Timestamp": timestamp,
    }
    return await snowflake.browser.post(
        "/discord/events", content=content, headers={**signed, **(headers or {})}
    )


async def left(snowflake: Snowflake) -> tuple[int, str | None, bool]:
    """Answer how many grants there are, how the link is, and whether there are Discord's tokens."""
    store = snowflake.state.store
    found = await store.links.find(PERSON)
    tokens = await store.discord_tokens.find(APPLICATION, PERSON)
    return (
        len(await store.grants.of_person(PERSON)),
        found.state if found else None,
        tokens is not None,
    )


EVERYTHING, NOTHING = (1, "active", True), (0, "ended", False)


async def test_a_ping_is_answered(linking: Snowflake) -> None:
    response = await send(linking, PING)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["content-type"] == "application/json"


async def test_whoever_removes_the_application_is_signed_out_and_unlinked(
    linking: Snowflake, roles: Roles
) -> None:
    assert await left(linking) == EVERYTHING
    with capture_logs() as logs:
        assert (await send(linking, deauthorized())).status_code == 204
    assert await left(linking) == NOTHING
    [line] = [line for line in logs if line["event"] == "deauthorization"]
    assert (line["logins"], line["linked"]) == (1, True)
    # Discord has done it itself.
    assert not roles.revoke.called
    assert (await send(linking, deauthorized())).status_code == 204


async def test_what_began_afterwards_stays(linking: Snowflake) -> None:
    assert (await send(linking, deauthorized(at=NOW - 60))).status_code == 204
    assert await left(linking) == EVERYTHING


async def test_the_upstream_provider_is_asked_to_revoke_what_the_link_had(
    linking: Snowflake, provider: Provider
) -> None:
    await send(linking, deauthorized())
    [call] = provider.revocation.calls
    assert b"token=upstream-refresh-token&" in call.request.content
    await send(linking, deauthorized())
    assert provider.revocation.call_count == 1


async def test_an_upstream_provider_that_is_down_changes_nothing_for_discord(
    linking: Snowflake, provider: Provider
) -> None:
    provider.revocation.respond(503)
    assert (await send(linking, deauthorized())).status_code == 204
    assert await left(linking) == NOTHING


async def test_a_link_may_outlive_the_linked_roles(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    keyed = settings.model_copy(update={"discord_public_key": PUBLIC_KEY})
    async with running(keyed, clock, discord) as snowflake:
        old = replace(furniture.link(PERSON), application=APPLICATION)
        await snowflake.state.store.links.take_over(old, exclusive=True)
        assert (await send(snowflake, deauthorized())).status_code == 204
        assert await left(snowflake) == (0, "ended", False)


async def test_tokens_of_a_later_login_stay(linking: Snowflake) -> None:
    tokens = await linking.state.store.discord_tokens.find(APPLICATION, PERSON)
    assert tokens is not None
    # What is left of the login before has begun before the event, the new pair after it.
    newer = replace(tokens, expires_at=NOW + 604_801, access_token=SecretStr("of a later login"))
    await linking.state.store.discord_tokens.put(newer)
    assert (await send(linking, deauthorized())).status_code == 204
    assert await left(linking) == (0, "ended", True)


async def test_an_event_without_a_time_happens_now(linking: Snowflake) -> None:
    message = deauthorized()
    del message["event"]["timestamp"]
    assert (await send(linking, message)).status_code == 204
    assert await left(linking) == NOTHING


@pytest.mark.parametrize("odd", [5, "yesterday", [], {"seconds": 1}])
async def test_nor_does_an_odd_time_keep_anything_from_happening(
    linking: Snowflake, odd: object
) -> None:
    message = deauthorized()
    message["event"]["timestamp"] = odd
    with capture_logs() as logs:
        assert (await send(linking, message)).status_code == 204
    assert await left(linking) == NOTHING
    [line] = [line for line in logs if line["event"] == "discord_field_unsaid"]
    assert (line["answer"], line["field"]) == ("event", "timestamp")


@pytest.mark.parametrize("odd", [None, 5, [], {"id": 5}, {}])
@pytest.mark.parametrize("field", ["type", "data", "user", "application_id"])
async def test_what_does_not_say_what_happened_to_whom_is_no_event(
    linking: Snowflake, field: str, odd: object
) -> None:
    message = deauthorized()
    places = {"user": message["event"]["data"], "application_id": message}
    places.get(field, message["event"])[field] = odd
    assert (await send(linking, message)).status_code == 400
    assert await left(linking) == EVERYTHING


async def test_a_time_without_a_zone_is_in_utc(linking: Snowflake) -> None:
    for at, expected in ((NOW - 60, EVERYTHING), (NOW, NOTHING)):
        message = deauthorized(at=at)
        message["event"]["timestamp"] = message["event"]["timestamp"].removesuffix("+00:00")
        assert (await send(linking, message)).status_code == 204
        assert await left(linking) == expected


async def test_nobody_else_is_touched(linking: Snowflake) -> None:
    for message in (deauthorized(person="1"), deauthorized(application="2"), PING):
        assert (await send(linking, message)).status_code == 204
    assert await left(linking) == EVERYTHING


async def test_other_events_are_taken_note_of(linking: Snowflake) -> None:
    message = deauthorized()
    message["event"]["type"] = "APPLICATION_AUTHORIZED"
    assert (await send(linking, message)).status_code == 204
    assert await left(linking) == EVERYTHING


async def test_what_discord_has_not_signed_does_nothing(linking: Snowflake) -> None:
    for headers in (
        {"X-Signature-Ed25519": ""},
        {"X-Signature-Ed25519": "00" * 64},
        {"X-Signature-Ed25519": "zz" * 64},
        {"X-Signature-Ed25519": "00" * 63},
        {"X-Signature-Timestamp": ""},
        {"X-Signature-Timestamp": "soon"},
        {"X-Signature-Timestamp": str(NOW + 1)},
    ):
        response = await send(linking, deauthorized(), headers=headers)
        assert response.status_code == 401
        assert response.json()["error"] == "invalid_token"
    assert await left(linking) == EVERYTHING


async def test_another_key_or_another_body_does_nothing(linking: Snowflake) -> None:
    response = await send(linking, deauthorized(), Ed25519PrivateKey.generate())
    assert response.status_code == 401
    signature = KEY.sign(str(NOW).encode() + json.dumps(PING).encode()).hex()
    headers = {"X-Signature-Ed25519": signature}
    assert (await send(linking, deauthorized(), headers=headers)).status_code == 401
    assert await left(linking) == EVERYTHING


async def test_an_old_request_is_a_replay(linking: Snowflake) -> None:
    for at in (NOW - 301, NOW + 301):
        assert (await send(linking, deauthorized(), at=at)).status_code == 401
    assert await left(linking) == EVERYTHING


async def test_what_is_no_event_is_refused(linking: Snowflake) -> None:
    messages: list[object] = [
        b"",
        b"\xff",
        [],
        {},
        {**PING, "application_id": "x"},
        {**PING, "event": 1},
        {**PING, "event": {"type": "APPLICATION_DEAUTHORIZED"}},
        {**PING, "event": {"type": "APPLICATION_DEAUTHORIZED", "data": {"user": {"id": "../1"}}}},
    ]
    for message in messages:
        assert (await send(linking, message)).status_code == 400


async def test_without_the_public_key_there_are_no_events(snowflake: Snowflake) -> None:
    assert (await send(snowflake, PING)).status_code == 404


async def test_no_event_is_of_any_size(linking: Snowflake) -> None:
    assert (await send(linking, b" " * 40_000)).status_code == 413
