import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.crypto.sealing import Sealer
from snowflake.errors import (
    CodeUnreadable,
    InvalidClient,
    InvalidGrant,
    TemporarilyUnavailable,
    TooManyRequests,
)
from snowflake.state import client_reputation as module
from snowflake.state.client_reputation import REFUSED_FOR, RENEWED_EVERY, Reputation
from snowflake.state.limiter import SPENT_FOR, Limiter
from snowflake.state.quota import UNPROVEN
from snowflake.store import Store
from snowflake.store.attempts import WINDOW
from tests.running import NOW, Clock
from tests.store.places import SECRET, Place, place_on

CLIENT, PAIR = "1056005449054429204", ("1056005449054429204", SecretStr("right"))
ADDRESS = "203.0.113.7"
#: Made small by a test; a mapping to everybody else.
SHARES = cast(dict[str, int], UNPROVEN.most)
CLIENT_SHARE, CALLER_SHARE = UNPROVEN.most["client"], UNPROVEN.most["caller"]
OUTAGE = TemporarilyUnavailable("the store cannot be reached", cause="a test")


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    return place_on("sqlite", tmp_path)


@pytest.fixture
async def store(sqlite: Place, clock: Clock) -> AsyncIterator[Store]:
    async with sqlite.store(clock) as store:
        yield store


@pytest.fixture
def reputation(store: Store, clock: Clock) -> Reputation:
    return another(store, clock)


def another(store: Store, clock: Clock, *secrets: bytes) -> Reputation:
    """Judge in another process, or after a restart."""
    sealer = Sealer(*(secrets or (SECRET,)))
    return Reputation(store, Limiter(store.attempts, sealer, clock), sealer, clock)


async def ask(
    reputation: Reputation,
    secret: str | None = "right",
    outcome: Exception | None = None,
    *,
    client_id: str = CLIENT,
    caller: str = ADDRESS,
) -> bool:
    """Ask Discord, which answers with an outcome; answer whether it was asked."""
    asked = False
    with suppress(InvalidClient, InvalidGrant, TemporarilyUnavailable):
        async with reputation.asking(client_id, SecretStr(secret) if secret else None, caller):
            asked = True
            if outcome is not None:
                raise outcome
    return asked


async def refused(
    reputation: Reputation, number: int, *, client_id: str = CLIENT, caller: str = ADDRESS
) -> int:
    """Ask with so many different wrong secrets; answer how often Discord was asked."""
    wrong = InvalidClient("no")
    asked = [
        await ask(reputation, f"wrong {turn}", wrong, client_id=client_id, caller=caller)
        for turn in range(number)
    ]
    return sum(asked)


async def attempts(sqlite: Place) -> int:
    [[number]] = await sqlite.rows(
        "SELECT count(DISTINCT id) FROM attempts WHERE owner <> 'invalid answers'"
    )
    return int(number)


def out(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """Let the store be out."""

    async def fail(*_: object, **__: object) -> None:
        raise OUTAGE

    for name in ("read", "write"):
        monkeypatch.setattr(store.database, name, fail)


def refusals(reason: str) -> float:
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("snowflake_discord_calls_refused_total", labels) or 0


@pytest.mark.parametrize("outcome", [None, InvalidGrant("used")])
@pytest.mark.parametrize("secret", ["right", None])
async def test_who_was_accepted_may_ask_without_a_look_at_the_store(
    reputation: Reputation,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Exception | None,
    secret: str | None,
) -> None:
    assert await ask(reputation, secret, outcome)
    out(monkeypatch, store)
    await reputation.check(CLIENT, SecretStr(secret) if secret else None, ADDRESS)
    assert await ask(reputation, secret)


async def test_other_processes_and_later_ones_know_who_was_accepted(
    reputation: Reputation, store: Store, clock: Clock
) -> None:
    await ask(reputation)
    await refused(reputation, CLIENT_SHARE + 1)
    assert await ask(another(store, clock))
    assert await another(store, clock).is_good(*PAIR)


async def test_whoever_comes_late_asks_again_only_when_discord_has_no_say(
    reputation: Reputation, store: Store, sqlite: Place, clock: Clock
) -> None:
    for outcome in (None, InvalidGrant("used"), TemporarilyUnavailable("out")):
        assert await ask(another(store, clock), "unknown", outcome)
        assert await attempts(sqlite) == 0
    assert await ask(reputation, "wrong", InvalidClient("no"))
    assert await attempts(sqlite) == 1


@pytest.mark.parametrize("answered", [True, False])
async def test_an_attempt_that_brought_a_ban_nearer_or_an_answer_stays_counted(
    reputation: Reputation, sqlite: Place, answered: bool
) -> None:
    # A 429, after which the limits let nobody ask again.
    with suppress(TemporarilyUnavailable):
        async with reputation.asking(*PAIR, ADDRESS):
            if not answered:
                await reputation.invalid_answers.note()
            raise TemporarilyUnavailable("Discord is limiting requests", answered=answered)
    assert await attempts(sqlite) == 1
    # What others hear from Discord meanwhile is not this one's.
    await reputation.invalid_answers.note()
    await ask(reputation, "unknown", TemporarilyUnavailable("out"))
    assert await attempts(sqlite) == 1


async def test_a_code_that_discord_cannot_read_proves_no_secret(
    reputation: Reputation, store: Store, sqlite: Place, clock: Clock
) -> None:
    assert await ask(reputation, "wrong", CodeUnreadable("no code"))
    assert await attempts(sqlite) == 1
    for judge in (reputation, another(store, clock)):
        assert not await judge.is_good(CLIENT, SecretStr("wrong"))
    # Nor does it speak against one.
    await ask(reputation)
    await ask(reputation, "right", CodeUnreadable("no code"))
    assert await reputation.is_good(*PAIR)


async def test_work_that_is_cut_off_stays_counted(reputation: Reputation, sqlite: Place) -> None:
    with pytest.raises(asyncio.CancelledError):
        await ask(reputation, "unknown", asyncio.CancelledError())  # type: ignore[arg-type]
    assert await attempts(sqlite) == 1


async def test_a_pair_that_discord_refused_is_refused_here_for_a_while_in_the_same_words(
    reputation: Reputation, clock: Clock
) -> None:
    before = refusals("known bad")
    await ask(reputation, "wrong", InvalidClient("Discord says no"))
    clock.pass_by(REFUSED_FOR - 1)
    with pytest.raises(InvalidClient, match="Discord says no"):
        async with reputation.asking(CLIENT, SecretStr("wrong"), ADDRESS):
            raise AssertionError("Discord is asked")
    with pytest.raises(InvalidClient):
        await reputation.check(CLIENT, SecretStr("wrong"), ADDRESS)
    assert refusals("known bad") == before + 2
    clock.pass_by(1)
    assert await ask(reputation, "wrong")


async def test_a_good_pair_that_is_refused_is_good_no_more(
    reputation: Reputation, store: Store, clock: Clock
) -> None:
    await ask(reputation)
    await ask(reputation, "right", InvalidClient("no"))
    assert not await ask(reputation)
    assert not await another(store, clock).is_good(*PAIR)


async def test_wrong_secrets_spend_a_clients_share_and_stop_no_other_client(
    reputation: Reputation, store: Store, clock: Clock
) -> None:
    await ask(reputation)
    before = refusals("client's share")
    assert await refused(reputation, CLIENT_SHARE + 10) == CLIENT_SHARE
    assert refusals("client's share") == before + 10
    assert await refused(another(store, clock), 1) == 0
    # The client itself, and one that nobody knows.
    assert await ask(reputation)
    assert await ask(reputation, "right", client_id="another")


async def test_a_caller_has_a_share_whatever_the_client(reputation: Reputation) -> None:
    asked = [
        await refused(reputation, 10, client_id=str(number)) for number in range(CALLER_SHARE // 10)
    ]
    assert sum(asked) == CALLER_SHARE
    assert await refused(reputation, 1, client_id="another") == 0
    assert await refused(reputation, 1, client_id="another", caller="198.51.100.1") == 1


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
    reputation: Reputation, monkeypatch: pytest.MonkeyPatch, one: str, other: str, same: bool
) -> None:
    monkeypatch.setitem(SHARES, "caller", 1)
    assert await refused(reputation, 1, client_id="1", caller=one) == 1
    assert await refused(reputation, 1, client_id="2", caller=other) == (0 if same else 1)


async def test_who_is_beyond_a_share_hears_when_to_come_back(
    reputation: Reputation, clock: Clock
) -> None:
    with capture_logs() as logs:
        await refused(reputation, CLIENT_SHARE)
        clock.pass_by(100.5)
        for _ in range(3):
            with pytest.raises(TooManyRequests) as refusal:
                async with reputation.asking(CLIENT, SecretStr("another"), ADDRESS):
                    raise AssertionError("Discord is asked")
            assert refusal.value.retry_after == WINDOW - 100
        with pytest.raises(TooManyRequests):
            await reputation.check(CLIENT, SecretStr("another"), ADDRESS)
        clock.pass_by(SPENT_FOR)
        await refused(reputation, 1)
    told = {"event": "unproven_clients_wait", "log_level": "warning"}
    assert logs == [{**told, "spent": "client's share", "seconds": WINDOW - 100}]
    clock.now = NOW + WINDOW
    assert await refused(reputation, CLIENT_SHARE + 1) == CLIENT_SHARE


async def test_room_that_is_made_meanwhile_is_found(
    reputation: Reputation, sqlite: Place, clock: Clock
) -> None:
    await refused(reputation, CLIENT_SHARE + 1)
    await sqlite.change("DELETE FROM attempts")
    assert not await ask(reputation, "right")
    clock.pass_by(SPENT_FOR)
    await reputation.check(CLIENT, SecretStr("right"), ADDRESS)
    assert await ask(reputation, "right")


async def test_a_hundred_wrong_secrets_at_once_do_not_slip_through(reputation: Reputation) -> None:
    wrong = InvalidClient("no")
    asked = await asyncio.gather(*(ask(reputation, f"{turn}", wrong) for turn in range(100)))
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
    reputation: Reputation, sqlite: Place, outcome: Exception | None, asked: int
) -> None:
    questions = await asyncio.gather(*(ask(reputation, "right", outcome) for _ in range(50)))
    assert sum(questions) == asked
    assert await attempts(sqlite) == (1 if isinstance(outcome, InvalidClient) else 0)


async def test_nobody_waits_for_ever_for_what_another_finds_out(
    reputation: Reputation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0)
    async with reputation.asking(*PAIR, ADDRESS):
        with pytest.raises(TemporarilyUnavailable):
            async with reputation.asking(*PAIR, ADDRESS):
                raise AssertionError("Discord is asked")


async def test_nobody_waits_for_ever_for_a_slow_store(
    reputation: Reputation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0)
    async with reputation._limiter._counting:
        with pytest.raises(TemporarilyUnavailable):
            async with reputation.asking(*PAIR, ADDRESS):
                raise AssertionError("Discord is asked")
    assert await ask(reputation)


async def test_who_was_accepted_under_an_earlier_secret_key_stays_in_good_standing(
    reputation: Reputation, store: Store, sqlite: Place, clock: Clock
) -> None:
    await ask(reputation)
    changed = another(store, clock, b"the new key", SECRET)
    assert await changed.is_good(*PAIR)
    # The earlier one may go.
    assert await another(store, clock, b"the new key").is_good(*PAIR)
    assert await ask(changed, "right", InvalidClient("no"))
    assert not await another(store, clock).is_good(*PAIR)


async def test_a_grant_vouches_for_a_pair_that_discord_has_not_refused(
    reputation: Reputation, store: Store, clock: Clock
) -> None:
    await reputation.vouch(*PAIR)
    assert await another(store, clock).is_good(*PAIR)
    await ask(reputation, "right", InvalidClient("no"))
    clock.pass_by(REFUSED_FOR)
    await reputation.vouch(*PAIR)
    assert not await reputation.is_good(*PAIR)


async def test_the_store_is_told_once_a_day_that_a_pair_is_in_use(
    reputation: Reputation, sqlite: Place, clock: Clock
) -> None:
    query = "SELECT seen_at FROM good_credentials"
    await ask(reputation)
    clock.pass_by(RENEWED_EVERY - 1)
    await ask(reputation)
    assert await sqlite.rows(query) == [(NOW,)]
    clock.pass_by(1)
    await ask(reputation)
    assert await sqlite.rows(query) == [(NOW + RENEWED_EVERY,)]


async def test_while_the_store_is_out_nobody_unknown_may_ask(
    reputation: Reputation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        out(patch, store)
        with pytest.raises(TemporarilyUnavailable):
            async with reputation.asking(*PAIR, ADDRESS):
                raise AssertionError("Discord is asked")
    monkeypatch.setattr(store.attempts, "take", fails)
    assert not await ask(reputation)


async def fails(*_: object) -> None:
    raise OUTAGE


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        (None, "reputation_not_saved"),
        (TemporarilyUnavailable("out"), "attempt_not_taken_back"),
    ],
)
async def test_what_discord_has_said_is_not_lost_with_the_store(
    reputation: Reputation,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Exception | None,
    event: str,
) -> None:
    with capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(store.reputations, "accept", fails)
        patch.setattr(store.attempts, "take_back", fails)
        assert await ask(reputation, "right", outcome)
    assert [log["event"] for log in logs] == [event]
    # The next time, the store is told.
    assert await ask(reputation)
    assert await store.reputations.seen_at(reputation._pair(*PAIR)) == NOW


async def test_a_refusal_stands_though_the_store_does_not_hear_of_it(
    reputation: Reputation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(reputation)
    out(monkeypatch, store)
    with capture_logs() as logs:
        await ask(reputation, "right", InvalidClient("no"))
    assert [log["event"] for log in logs] == ["reputation_not_saved"]
    assert not await ask(reputation)


async def test_the_memory_has_a_limit(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY_SIZE", 2)
    reputation = another(store, clock)
    for number in range(4):
        await ask(reputation, client_id=str(number))
        await refused(reputation, 1, client_id=str(number))
    assert (len(reputation._good), len(reputation._refused)) == (2, 2)


@pytest.mark.parametrize("way", ["settled", "with an attempt"])
async def test_invalid_answers_reach_the_store_for_all_processes(
    reputation: Reputation, store: Store, sqlite: Place, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "settled": reputation.invalid_answers.settle,
        "with an attempt": lambda: ask(reputation),
    }
    await reputation.invalid_answers.settle()
    for _ in range(3):
        await reputation.invalid_answers.note()
    with monkeypatch.context() as patch:
        out(patch, store)
        with suppress(TemporarilyUnavailable):
            await ways[way]()
    await ways[way]()
    await reputation.invalid_answers.settle()
    assert await sqlite.rows("SELECT number FROM attempts WHERE owner = 'invalid answers'") == [
        (3,)
    ]


async def test_beyond_so_many_invalid_answers_only_good_pairs_may_ask(
    reputation: Reputation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.state.invalid_answers.MOST", 3)
    await ask(reputation)
    for _ in range(3):
        await reputation.invalid_answers.note()
    before = refusals("budget")
    assert not await ask(reputation, "unknown")
    assert refusals("budget") == before + 1
    assert await ask(reputation)


async def test_neither_store_nor_memory_tells_a_secret_a_client_or_an_address(
    reputation: Reputation, sqlite: Place
) -> None:
    await ask(reputation, "the-secret")
    await refused(reputation, CLIENT_SHARE + 1)
    kept = sqlite.content() + repr(reputation.__dict__).encode()
    for hidden in ("the-secret", CLIENT, ADDRESS, "wrong"):
        assert hidden.encode() not in kept


async def test_what_is_refused_to_somebody_without_a_secret_is_not_refused_to_others(
    reputation: Reputation, store: Store, clock: Clock
) -> None:
    refusal = InvalidClient("no")
    assert await ask(reputation, None, refusal)
    # Neither for a client that nobody knows, nor for one that is known.
    assert await ask(reputation, None)
    assert await ask(reputation, None, refusal)
    assert await ask(reputation, None)
    assert await reputation.is_good(CLIENT, None)
    assert await another(store, clock).is_good(CLIENT, None)


async def test_of_those_who_come_at_once_without_a_secret_one_that_is_refused_stops_no_other(
    reputation: Reputation,
) -> None:
    outcomes = [InvalidClient("no"), None, InvalidClient("no"), None]
    asked = await asyncio.gather(*(ask(reputation, None, outcome) for outcome in outcomes))
    assert asked == [True] * 4


async def test_a_good_client_without_a_secret_is_no_way_to_have_our_address_banned(
    reputation: Reputation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(reputation)
    await ask(reputation, None)
    refusal = InvalidClient("no")
    asked = [await ask(reputation, None, refusal) for _ in range(CALLER_SHARE + 20)]
    # The one that finds the share spent has been asked about.
    assert sum(asked) == CALLER_SHARE + 1
    assert await ask(reputation, None, caller="198.51.100.1")
    monkeypatch.setattr("snowflake.state.invalid_answers.MOST", 1)
    await reputation.invalid_answers.note()
    await reputation.invalid_answers.settle()
    assert await ask(reputation, None, refusal, caller="198.51.100.1")
    assert not await ask(reputation, None, caller="198.51.100.1")
    # A secret that is right is a word that nobody else has.
    assert await ask(reputation)


async def test_a_clock_that_is_set_back_locks_nobody_out_for_long(
    reputation: Reputation, clock: Clock
) -> None:
    await ask(reputation, "wrong", InvalidClient("no"))
    await refused(reputation, CLIENT_SHARE)
    clock.pass_by(-86400)
    # Nothing that this process remembers lasts until the old time comes again.
    assert await ask(reputation, "wrong", InvalidClient("no")) is False
    clock.pass_by(WINDOW)
    assert await ask(reputation, "wrong")
