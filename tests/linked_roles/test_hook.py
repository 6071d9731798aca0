import json
from collections.abc import Mapping
from dataclasses import replace

import httpx

from snowflake.settings import Settings
from snowflake.store.attempts import WINDOW
from tests.linked_roles.world import HOOK_SECRET, PERSON, link, with_linked_roles
from tests.running import NOW, ORIGIN, Clock, Discord, Snowflake, running
from tests.upstream.provider import SUBJECT, Provider

GOOD = {"authorization": f"Bearer {HOOK_SECRET}"}


async def call(
    snowflake: Snowflake,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    content = json.dumps({"sub": SUBJECT}).encode() if content is None else content
    response = await snowflake.browser.post(
        "/linked-roles/hook", content=content, headers={**GOOD, **(headers or {})}
    )
    return response.status_code, response.text


async def due(snowflake: Snowflake) -> list[str]:
    return list(await snowflake.state.store.links.due(1, NOW, 9))


async def test_whoever_has_changed_is_due_at_once(linking: Snowflake, provider: Provider) -> None:
    await link(linking, provider)
    assert await due(linking) == []
    calls = provider.token.call_count
    assert await call(linking) == (202, "")
    assert await due(linking) == [PERSON]
    assert provider.token.call_count == calls


async def test_a_call_that_is_sent_again_does_no_harm(
    linking: Snowflake, provider: Provider
) -> None:
    await link(linking, provider)
    for _ in range(3):
        assert await call(linking) == (202, "")
    assert await due(linking) == [PERSON]


async def test_somebody_unknown_gets_the_same_answer(linking: Snowflake) -> None:
    assert await call(linking, b'{"sub": "nobody", "more": [1]}') == (202, "")


async def guess(
    snowflake: Snowflake, number: int, caller: str = "198.51.100.1", secret: str = "wrong"
) -> list[int]:
    """Call the hook from an address, so often, and answer the statuses."""
    transport = httpx.ASGITransport(snowflake.app, client=(caller, 1))
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
        sent = {"content": b'{"sub": "nobody"}', "headers": headers}
        answers = [await browser.post("/linked-roles/hook", **sent) for _ in range(number)]  # type: ignore[arg-type]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert all(0 < int(answer.headers["retry-after"]) <= WINDOW for answer in limited)
    assert all(answer.json()["error"] == "temporarily_unavailable" for answer in limited)
    return [answer.status_code for answer in answers]


async def test_guesses_at_the_secret_end_after_twenty_and_go_on_after_ten_minutes(
    linking: Snowflake, clock: Clock
) -> None:
    assert await guess(linking, 22) == [401] * 20 + [429] * 2
    # From wherever they come, and the right one too: it would be told by the answer.
    assert await guess(linking, 1, "192.0.2.7") == [429]
    assert await guess(linking, 1, "192.0.2.7", HOOK_SECRET) == [429]
    clock.pass_by(WINDOW)
    assert await guess(linking, 1, "192.0.2.7", HOOK_SECRET) == [202]


async def test_guesses_of_others_do_not_stop_whoever_has_shown_the_secret(
    linking: Snowflake,
) -> None:
    assert await guess(linking, 1, "192.0.2.7", HOOK_SECRET) == [202]
    assert await guess(linking, 21) == [401] * 20 + [429]
    assert await guess(linking, 30, "192.0.2.7", HOOK_SECRET) == [202] * 30
    # With so many wrong ones of its own.
    assert await guess(linking, 21, "192.0.2.7") == [401] * 20 + [429]


async def test_without_the_secret_nothing_is_read(linking: Snowflake, provider: Provider) -> None:
    await link(linking, provider)
    for authorization in (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {HOOK_SECRET}",
        HOOK_SECRET,
        "Bearer wrong",
        f"Bearer {HOOK_SECRET}x",
        f"Bearer {HOOK_SECRET[:-1]}",
        f"Bearer {HOOK_SECRET.upper()}",
    ):
        status, text = await call(linking, headers={"authorization": authorization})
        assert status == 401
        assert json.loads(text)["error"] == "invalid_token"
        assert HOOK_SECRET not in text
    assert await due(linking) == []


async def test_a_body_that_names_nobody_is_refused(linking: Snowflake) -> None:
    for content in (
        b"",
        b"{}",
        b"null",
        b"[]",
        b'"sub"',
        b'{"sub": 1}',
        b'{"sub": ""}',
        b'{"sub": "\\u0000"}',
        b'{"sub": "\\ud800"}',
        b"\xff",
        b'{"sub": "' + b"x" * 256 + b'"}',
        b"[" * 10_000,
    ):
        status, text = await call(linking, content)
        assert status == 400
        assert json.loads(text)["error"] == "invalid_request"


async def test_a_body_may_not_be_of_any_size(linking: Snowflake) -> None:
    status, _ = await call(linking, b" " * 40_000)
    assert status == 413


async def test_any_content_type_will_do(linking: Snowflake) -> None:
    # Some versions of Authentik send text/json.
    assert (await call(linking, headers={"content-type": "text/json"}))[0] == 202


async def test_without_a_secret_there_is_no_hook(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    without = with_linked_roles(settings, hook_secret=None)
    async with running(without, clock, discord) as snowflake:
        assert (await call(snowflake))[0] == 404


async def test_a_call_during_a_sync_is_not_taken_for_heeded(
    linking: Snowflake, provider: Provider
) -> None:
    await link(linking, provider)
    links = linking.state.store.links
    await links.hasten(SUBJECT)
    before = await links.find(PERSON)
    assert before is not None
    await links.hasten(SUBJECT)
    assert await links.save(replace(before, synced_at=NOW), seen=before.synced_at)
    assert await due(linking) == [PERSON]
    again = await links.find(PERSON)
    assert again is not None
    assert await links.save(replace(again, synced_at=NOW), seen=again.synced_at)
    assert await due(linking) == []
