import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from snowflake.crypto.sealing import Sealer
from snowflake.errors import InvalidGrant, TemporarilyUnavailable, TooManyRequests
from snowflake.state import limiter as module
from snowflake.state.limiter import SPENT_FOR, Limiter
from snowflake.state.quota import FAILED_CODES, GUESSES, HOOK, Quota, network_of
from snowflake.store import Store
from snowflake.store.attempts import WINDOW
from tests.quotas import allow
from tests.running import NOW, Clock
from tests.store.places import SECRET, place_on


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with place_on("sqlite", tmp_path).store(clock) as store:
        yield store


@pytest.fixture
def limiter(store: Store, clock: Clock) -> Limiter:
    return Limiter(store.attempts, Sealer(SECRET), clock)


def code(limiter: Limiter, login: str = "a login", caller: str = "203.0.113.7") -> Quota:
    return limiter.of(FAILED_CODES, login=login, caller=caller, everybody="")


async def attempt(
    limiter: Limiter, quota: Quota, *, good: bool = False, none_since: int | None = None
) -> bool:
    """Try something; answer whether that was done."""
    done = False
    with suppress(InvalidGrant, TooManyRequests):
        async with limiter.trying(quota, InvalidGrant, none_since=none_since):
            done = True
            await asyncio.sleep(0)
            if not good:
                raise InvalidGrant("no")
    return done


async def test_what_is_good_costs_nothing(limiter: Limiter, store: Store) -> None:
    for _ in range(100):
        assert await attempt(limiter, code(limiter), good=True)
    assert await store.attempts.spent(code(limiter).shares) is None


@pytest.mark.parametrize(("owner", "most"), [("login", 5), ("caller", 60), ("everybody", 300)])
async def test_what_fails_spends_the_shares_of_login_address_and_all(
    limiter: Limiter, owner: str, most: int
) -> None:
    def one(number: int) -> Quota:
        return code(
            limiter,
            login="" if owner == "login" else f"{number}",
            caller="" if owner == "caller" else f"{number // 50}",
        )

    done = [await attempt(limiter, one(number)) for number in range(most + 10)]
    assert sum(done) == most
    assert done == sorted(done, reverse=True)
    # Whoever shares nothing of it goes on, but where all have spent what is for all.
    other = await attempt(limiter, code(limiter, "another", "198.51.100.1"))
    assert other == (owner != "everybody")


async def test_a_hundred_at_once_do_not_slip_through(limiter: Limiter) -> None:
    done = await asyncio.gather(*(attempt(limiter, code(limiter, f"{n}")) for n in range(100)))
    assert sum(done) == FAILED_CODES.most["caller"]


async def test_more_good_ones_at_once_than_may_fail_wait_for_each_other(limiter: Limiter) -> None:
    one = code(limiter)
    done = await asyncio.gather(*(attempt(limiter, one, good=True) for _ in range(50)))
    assert done == [True] * 50


async def test_who_has_seen_that_nothing_was_tried_in_vain_does_not_look_again(
    limiter: Limiter, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looks(*_: object) -> None:
        raise AssertionError("it looks again")

    monkeypatch.setattr(store.attempts, "spent", looks)
    seen = limiter.failures
    assert await attempt(limiter, code(limiter), good=True, none_since=seen)
    assert await attempt(limiter, code(limiter), none_since=seen)
    with pytest.raises(AssertionError, match="looks again"):
        await attempt(limiter, code(limiter), none_since=seen)


async def test_however_many_have_seen_that_at_once_no_more_fail_than_may(limiter: Limiter) -> None:
    seen, number = limiter.failures, 3 * FAILED_CODES.most["login"]
    one = code(limiter)
    done = await asyncio.gather(*(attempt(limiter, one, none_since=seen) for _ in range(number)))
    assert sum(done) == FAILED_CODES.most["login"]


async def test_nobody_waits_for_ever_for_what_is_under_way(
    limiter: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, login=1)
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    async with limiter.trying(code(limiter), InvalidGrant):
        with pytest.raises(TemporarilyUnavailable, match="under way") as refusal:
            await attempt(limiter, code(limiter))
    assert not isinstance(refusal.value, TooManyRequests)
    assert await attempt(limiter, code(limiter))


async def test_whoever_has_given_up_is_not_told_in_place_of_whoever_waits(
    limiter: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, login=2)
    begun, ends = [asyncio.Event(), asyncio.Event()], [asyncio.Event(), asyncio.Event()]

    async def under_way(number: int) -> None:
        async with limiter.trying(code(limiter), InvalidGrant):
            begun[number].set()
            await ends[number].wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for number in (0, 1):
            tasks.create_task(under_way(number))
            await begun[number].wait()
        with monkeypatch.context() as patch:
            patch.setattr(module, "PATIENCE", 0.01)
            patch.setattr(module, "LOOK_EVERY", 0.01)
            with pytest.raises(TemporarilyUnavailable):
                await attempt(limiter, code(limiter))
        # Nobody finds out by looking.
        monkeypatch.setattr(module, "LOOK_EVERY", 3600)
        waits = tasks.create_task(attempt(limiter, code(limiter), good=True))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not waits.done()
        ends[0].set()
        assert await waits
        ends[1].set()


async def test_who_is_beyond_a_share_hears_when_to_come_back_and_the_log_hears_it_once(
    limiter: Limiter, clock: Clock
) -> None:
    labels = {"reason": "login's share"}
    name = "snowflake_discord_calls_refused_total"
    before = REGISTRY.get_sample_value(name, labels) or 0
    with capture_logs() as logs:
        for _ in range(FAILED_CODES.most["login"]):
            await attempt(limiter, code(limiter))
        for passed in (100, 10, SPENT_FOR):
            clock.pass_by(passed)
            with pytest.raises(TooManyRequests) as refusal:
                async with limiter.trying(code(limiter), InvalidGrant):
                    raise AssertionError("it is tried")
            assert refusal.value.retry_after == NOW + WINDOW - clock()
            with pytest.raises(TooManyRequests):
                limiter.check(code(limiter))
    assert [(log["event"], log["spent"]) for log in logs] == [
        ("failed_codes_wait", "login's share")
    ]
    assert REGISTRY.get_sample_value(name, labels) == before + 6


async def test_what_is_counted_before_is_taken_back(limiter: Limiter) -> None:
    guess = limiter.of(GUESSES, client="a client", everybody="")
    for _ in range(2 * GUESSES.most["client"]):
        await limiter.take_back(await limiter.take(guess))
    for _ in range(GUESSES.most["client"]):
        await limiter.take(guess)
    with pytest.raises(TooManyRequests):
        await limiter.take(guess)
    await limiter.take(limiter.of(GUESSES, client="another", everybody=""))


async def test_kinds_share_nothing(limiter: Limiter) -> None:
    for _ in range(HOOK.most["everybody"]):
        await limiter.take(limiter.of(HOOK, everybody=""))
    with pytest.raises(TooManyRequests):
        await limiter.take(limiter.of(HOOK, everybody=""))
    await limiter.take(limiter.of(GUESSES, everybody=""))


async def test_a_failure_stays_a_failure_though_the_store_cannot_count_it(
    limiter: Limiter, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise TemporarilyUnavailable("the store cannot be reached", cause="a test")

    monkeypatch.setattr(store.attempts, "count", fails)
    with capture_logs() as logs, pytest.raises(InvalidGrant):
        async with limiter.trying(code(limiter), InvalidGrant):
            raise InvalidGrant("no")
    assert [log["event"] for log in logs] == ["attempt_not_counted"]


async def test_a_clock_that_is_set_back_makes_the_memory_look_again(
    limiter: Limiter, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, login=1)
    assert await attempt(limiter, code(limiter))
    assert not await attempt(limiter, code(limiter))
    clock.pass_by(-86400)
    limiter.check(code(limiter))


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
def test_of_ipv6_a_network_is_one(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same
