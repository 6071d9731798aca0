import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake import standing as module
from snowflake.errors import (
    CodeUnreadable,
    InvalidClient,
    InvalidGrant,
    TemporarilyUnavailable,
    TooManyRequests,
)
from snowflake.sealing import Sealer
from snowflake.shares import SPENT_FOR
from snowflake.standing import REFUSED_FOR, RENEWED_EVERY, Standing
from snowflake.store import Store
from snowflake.store.standing import CALLER_SHARE, CLIENT_SHARE, WINDOW
from tests.running import NOW, Clock
from tests.store.places import SECRET, Place, place_on

CLIENT, PAIR = "1056005449054429204", ("1056005449054429204", SecretStr("right"))
ADDRESS = "203.0.113.7"
OUTAGE = TemporarilyUnavailable("the store cannot be reached", cause="a test")


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    return place_on("sqlite", tmp_path)


@pytest.fixture
async def store(sqlite: Place, clock: Clock) -> AsyncIterator[Store]:
    async with sqlite.store(clock) as store:
        yield store


@pytest.fixture
def standing(store: Store, clock: Clock) -> Standing:
    return Standing(store, Sealer(SECRET), clock)


def another(store: Store, clock: Clock) -> Standing:
    """Judge in another process, or after a restart."""
    return Standing(store, Sealer(SECRET), clock)


async def ask(
    standing: Standing,
    secret: str | None = "right",
    outcome: Exception | None = None,
    *,
    client_id: str = CLIENT,
    caller: str = ADDRESS,
) -> bool:
    """Ask Discord, which answers with an outcome; answer whether it was asked."""
    asked = False
    with suppress(InvalidClient, InvalidGrant, TemporarilyUnavailable):
        async with standing.asking(client_id, SecretStr(secret) if secret else None, caller):
            asked = True
            if outcome is not None:
                raise outcome
    return asked


async def refused(
    standing: Standing, number: int, *, client_id: str = CLIENT, caller: str = ADDRESS
) -> int:
    """Ask with so many different wrong secrets; answer how often Discord was asked."""
    wrong = InvalidClient("no")
    asked = [
        await ask(standing, f"wrong {turn}", wrong, client_id=client_id, caller=caller)
        for turn in range(number)
    ]
    return sum(asked)


async def attempts(sqlite: Place) -> int:
    [[number]] = await sqlite.rows("SELECT count(*) FROM attempts")
    return int(number)


def out(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """Let the store be out."""

    async def fail(*_: object) -> None:
        raise OUTAGE

    for name in ("read", "write"):
        monkeypatch.setattr(store.database, name, fail)


def refusals(reason: str) -> float:
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("snowflake_discord_calls_refused_total", labels) or 0


@pytest.mark.parametrize("outcome", [None, InvalidGrant("used")])
@pytest.mark.parametrize("secret", ["right", None])
async def test_who_was_accepted_may_ask_without_a_look_at_the_store(
    standing: Standing,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Exception | None,
    secret: str | None,
) -> None:
    assert await ask(standing, secret, outcome)
    out(monkeypatch, store)
    await standing.check(CLIENT, SecretStr(secret) if secret else None, ADDRESS)
    assert await ask(standing, secret)


async def test_other_processes_and_later_ones_know_who_was_accepted(
    standing: Standing, store: Store, clock: Clock
) -> None:
    await ask(standing)
    await refused(standing, CLIENT_SHARE + 1)
    assert await ask(another(store, clock))
    assert await another(store, clock).is_good(*PAIR)


async def test_whoever_comes_late_asks_again_only_when_discord_has_no_say(
    standing: Standing, store: Store, sqlite: Place, clock: Clock
) -> None:
    for outcome in (None, InvalidGrant("used"), TemporarilyUnavailable("out")):
        assert await ask(another(store, clock), "unknown", outcome)
        assert await attempts(sqlite) == 0
    assert await ask(standing, "wrong", InvalidClient("no"))
    assert await attempts(sqlite) == 1


@pytest.mark.parametrize("answered", [True, False])
async def test_an_attempt_that_brought_a_ban_nearer_or_an_answer_stays_counted(
    standing: Standing, sqlite: Place, answered: bool
) -> None:
    # A 429, after which the limits let nobody ask again.
    with suppress(TemporarilyUnavailable):
        async with standing.asking(*PAIR, ADDRESS):
            if not answered:
                await standing.note_invalid()
            raise TemporarilyUnavailable("Discord is limiting requests", answered=answered)
    assert await attempts(sqlite) == 1
    # What others hear from Discord meanwhile is not this one's.
    await standing.note_invalid()
    await ask(standing, "unknown", TemporarilyUnavailable("out"))
    assert await attempts(sqlite) == 1


async def test_a_code_that_discord_cannot_read_proves_no_secret(
    standing: Standing, store: Store, sqlite: Place, clock: Clock
) -> None:
    assert await ask(standing, "wrong", CodeUnreadable("no code"))
    assert await attempts(sqlite) == 1
    for judge in (standing, another(store, clock)):
        assert not await judge.is_good(CLIENT, SecretStr("wrong"))
    # Nor does it speak against one.
    await ask(standing)
    await ask(standing, "right", CodeUnreadable("no code"))
    assert await standing.is_good(*PAIR)


async def test_work_that_is_cut_off_stays_counted(standing: Standing, sqlite: Place) -> None:
    with pytest.raises(asyncio.CancelledError):
        await ask(standing, "unknown", asyncio.CancelledError())  # type: ignore[arg-type]
    assert await attempts(sqlite) == 1


async def test_a_pair_that_discord_refused_is_refused_here_for_a_while_in_the_same_words(
    standing: Standing, clock: Clock
) -> None:
    before = refusals("known bad")
    await ask(standing, "wrong", InvalidClient("Discord says no"))
    clock.pass_by(REFUSED_FOR - 1)
    with pytest.raises(InvalidClient, match="Discord says no"):
        async with standing.asking(CLIENT, SecretStr("wrong"), ADDRESS):
            raise AssertionError("Discord is asked")
    with pytest.raises(InvalidClient):
        await standing.check(CLIENT, SecretStr("wrong"), ADDRESS)
    assert refusals("known bad") == before + 2
    clock.pass_by(1)
    assert await ask(standing, "wrong")


async def test_a_good_pair_that_is_refused_is_good_no_more(
    standing: Standing, store: Store, clock: Clock
) -> None:
    await ask(standing)
    await ask(standing, "right", InvalidClient("no"))
    assert not await ask(standing)
    assert not await another(store, clock).is_good(*PAIR)


async def test_wrong_secrets_spend_a_clients_share_and_stop_no_other_client(
    standing: Standing, store: Store, clock: Clock
) -> None:
    await ask(standing)
    before = refusals("client's share")
    assert await refused(standing, CLIENT_SHARE + 10) == CLIENT_SHARE
    assert refusals("client's share") == before + 10
    assert await refused(another(store, clock), 1) == 0
    # The client itself, and one that nobody knows.
    assert await ask(standing)
    assert await ask(standing, "right", client_id="another")


async def test_a_caller_has_a_share_whatever_the_client(standing: Standing) -> None:
    asked = [
        await refused(standing, 10, client_id=str(number)) for number in range(CALLER_SHARE // 10)
    ]
    assert sum(asked) == CALLER_SHARE
    assert await refused(standing, 1, client_id="another") == 0
    assert await refused(standing, 1, client_id="another", caller="198.51.100.1") == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
async def test_a_caller_of_ipv6_is_a_network(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, one: str, other: str, same: bool
) -> None:
    monkeypatch.setattr("snowflake.store.standing.CALLER_SHARE", 1)
    assert await refused(standing, 1, client_id="1", caller=one) == 1
    assert await refused(standing, 1, client_id="2", caller=other) == (0 if same else 1)


async def test_who_is_beyond_a_share_hears_when_to_come_back(
    standing: Standing, clock: Clock
) -> None:
    with capture_logs() as logs:
        await refused(standing, CLIENT_SHARE)
        clock.pass_by(100.5)
        for _ in range(3):
            with pytest.raises(TooManyRequests) as refusal:
                async with standing.asking(CLIENT, SecretStr("another"), ADDRESS):
                    raise AssertionError("Discord is asked")
            assert refusal.value.retry_after == WINDOW - 100
        with pytest.raises(TooManyRequests):
            await standing.check(CLIENT, SecretStr("another"), ADDRESS)
        clock.pass_by(SPENT_FOR)
        await refused(standing, 1)
    told = {"event": "unproven_clients_wait", "log_level": "warning"}
    assert logs == [{**told, "spent": "client's share", "seconds": WINDOW - 100}]
    clock.now = NOW + WINDOW
    assert await refused(standing, CLIENT_SHARE + 1) == CLIENT_SHARE


async def test_room_that_is_made_meanwhile_is_found(
    standing: Standing, sqlite: Place, clock: Clock
) -> None:
    await refused(standing, CLIENT_SHARE + 1)
    await sqlite.change("DELETE FROM attempts")
    assert not await ask(standing, "right")
    clock.pass_by(SPENT_FOR)
    await standing.check(CLIENT, SecretStr("right"), ADDRESS)
    assert await ask(standing, "right")


async def test_a_hundred_wrong_secrets_at_once_do_not_slip_through(standing: Standing) -> None:
    wrong = InvalidClient("no")
    asked = await asyncio.gather(*(ask(standing, f"{turn}", wrong) for turn in range(100)))
    assert sum(asked) == CLIENT_SHARE


@pytest.mark.parametrize(
    ("outcome", "asked"),
    [
        (None, 50),
        (InvalidGrant("used"), 50),
        (InvalidClient("no"), 1),
        (TemporarilyUnavailable("out"), 1),
    ],
)
async def test_of_those_who_bring_an_unknown_pair_at_once_one_finds_out_for_all(
    standing: Standing, sqlite: Place, outcome: Exception | None, asked: int
) -> None:
    questions = await asyncio.gather(*(ask(standing, "right", outcome) for _ in range(50)))
    assert sum(questions) == asked
    assert await attempts(sqlite) == (1 if isinstance(outcome, InvalidClient) else 0)


async def test_nobody_waits_for_ever_for_what_another_finds_out(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0)
    async with standing.asking(*PAIR, ADDRESS):
        with pytest.raises(TemporarilyUnavailable):
            async with standing.asking(*PAIR, ADDRESS):
                raise AssertionError("Discord is asked")


async def test_nobody_waits_for_ever_for_a_slow_store(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0)
    async with standing._counting:
        with pytest.raises(TemporarilyUnavailable):
            async with standing.asking(*PAIR, ADDRESS):
                raise AssertionError("Discord is asked")
    assert await ask(standing)


async def test_who_was_accepted_under_an_earlier_secret_key_stays_in_good_standing(
    standing: Standing, store: Store, sqlite: Place, clock: Clock
) -> None:
    await ask(standing)
    changed = Standing(store, Sealer(b"the new key", SECRET), clock)
    assert await changed.is_good(*PAIR)
    # The earlier one may go.
    assert await Standing(store, Sealer(b"the new key"), clock).is_good(*PAIR)
    assert await ask(changed, "right", InvalidClient("no"))
    assert not await another(store, clock).is_good(*PAIR)


async def test_a_grant_vouches_for_a_pair_that_discord_has_not_refused(
    standing: Standing, store: Store, clock: Clock
) -> None:
    await standing.vouch(*PAIR)
    assert await another(store, clock).is_good(*PAIR)
    await ask(standing, "right", InvalidClient("no"))
    clock.pass_by(REFUSED_FOR)
    await standing.vouch(*PAIR)
    assert not await standing.is_good(*PAIR)


async def test_the_store_is_told_once_a_day_that_a_pair_is_in_use(
    standing: Standing, sqlite: Place, clock: Clock
) -> None:
    query = "SELECT seen_at FROM good_credentials"
    await ask(standing)
    clock.pass_by(RENEWED_EVERY - 1)
    await ask(standing)
    assert await sqlite.rows(query) == [(NOW,)]
    clock.pass_by(1)
    await ask(standing)
    assert await sqlite.rows(query) == [(NOW + RENEWED_EVERY,)]


async def test_while_the_store_is_out_nobody_unknown_may_ask(
    standing: Standing, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        out(patch, store)
        with pytest.raises(TemporarilyUnavailable):
            async with standing.asking(*PAIR, ADDRESS):
                raise AssertionError("Discord is asked")
    await standing.note_invalid()
    monkeypatch.setattr(store.standing, "attempt", fails)
    assert not await ask(standing)
    assert standing._invalid == 1


async def fails(*_: object) -> None:
    raise OUTAGE


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        (None, "standing_not_saved"),
        (TemporarilyUnavailable("out"), "attempt_not_taken_back"),
    ],
)
async def test_what_discord_has_said_is_not_lost_with_the_store(
    standing: Standing,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Exception | None,
    event: str,
) -> None:
    with capture_logs() as logs, monkeypatch.context() as patch:
        for name in ("accept", "take_back"):
            patch.setattr(store.standing, name, fails)
        assert await ask(standing, "right", outcome)
    assert [log["event"] for log in logs] == [event]
    # The next time, the store is told.
    assert await ask(standing)
    assert await store.standing.seen_at(standing._pair(*PAIR)) == NOW


async def test_a_refusal_stands_though_the_store_does_not_hear_of_it(
    standing: Standing, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(standing)
    out(monkeypatch, store)
    with capture_logs() as logs:
        await ask(standing, "right", InvalidClient("no"))
    assert [log["event"] for log in logs] == ["standing_not_saved"]
    assert not await ask(standing)


async def test_the_memory_has_a_limit(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY_SIZE", 2)
    standing = another(store, clock)
    for number in range(4):
        await ask(standing, client_id=str(number))
        await refused(standing, 1, client_id=str(number))
    assert (len(standing._good), len(standing._refused)) == (2, 2)


@pytest.mark.parametrize("way", ["settled", "with an attempt"])
async def test_invalid_answers_reach_the_store_for_all_processes(
    standing: Standing, store: Store, sqlite: Place, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "settled": standing.settle,
        "with an attempt": lambda: ask(standing),
    }
    await standing.settle()
    for _ in range(3):
        await standing.note_invalid()
    with monkeypatch.context() as patch:
        out(patch, store)
        with suppress(TemporarilyUnavailable):
            await ways[way]()
    await ways[way]()
    await standing.settle()
    assert await sqlite.rows("SELECT answers FROM invalid_answers") == [(3,)]


async def test_beyond_so_many_invalid_answers_only_good_pairs_may_ask(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.store.standing.MAX_INVALID", 3)
    await ask(standing)
    for _ in range(3):
        await standing.note_invalid()
    before = refusals("budget")
    assert not await ask(standing, "unknown")
    assert refusals("budget") == before + 1
    assert await ask(standing)


async def test_neither_store_nor_memory_tells_a_secret_a_client_or_an_address(
    standing: Standing, sqlite: Place
) -> None:
    await ask(standing, "the-secret")
    await refused(standing, CLIENT_SHARE + 1)
    kept = sqlite.content() + repr(standing.__dict__).encode()
    for hidden in ("the-secret", CLIENT, ADDRESS, "wrong"):
        assert hidden.encode() not in kept
