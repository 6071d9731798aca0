import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from snowflake.crypto.algorithms import BY_KEY
from snowflake.crypto.keys import kid_of
from snowflake.crypto.private_keys import generate_key, parse_key
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.state.key_ring import ANNOUNCEMENT, HEARD_WITHIN, KEY_FILE, KeyRing
from snowflake.state.state import LOOK_EVERY
from snowflake.store import Store
from tests.running import Clock
from tests.store.conftest import store
from tests.store.places import place

__all__ = ["place", "store"]

HOURS = ANNOUNCEMENT.total_seconds()
LIFETIME = 3600


@pytest.fixture(scope="module")
def keys() -> list[str]:
    """Some keys; making one takes long."""
    return [generate_key() for _ in range(4)]


@pytest.fixture(autouse=True)
def _keys_are_at_hand(keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter(keys)
    monkeypatch.setattr("snowflake.state.key_ring.ring.generate_key", lambda _: next(left))


@pytest.fixture
def without_key(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
async def ring(without_key: Settings, store: Store, clock: Clock) -> KeyRing:
    return await KeyRing.open(without_key, store, clock)


def kids(ring: KeyRing) -> list[str]:
    return [str(key["kid"]) for key in ring.published()["keys"]]


async def test_a_new_store_gets_one_key_that_signs_at_once(ring: KeyRing) -> None:
    assert kids(ring) == [ring.current.kid]
    assert await ring.verify(ring.current.sign({"sub": "1"}), "JWT") == {"sub": "1"}


async def test_processes_that_start_at_once_agree(
    without_key: Settings, store: Store, clock: Clock
) -> None:
    rings = await asyncio.gather(*(KeyRing.open(without_key, store, clock) for _ in range(4)))
    assert len({ring.current.kid for ring in rings}) == 1
    assert len(await store.signing_keys.all()) == 1


async def test_the_key_stays_through_restarts(
    ring: KeyRing, without_key: Settings, store: Store, clock: Clock
) -> None:
    again = await KeyRing.open(without_key, store, clock)
    assert again.published() == ring.published()


async def test_a_key_file_of_an_earlier_snowflake_is_taken_in(
    without_key: Settings, store: Store, clock: Clock, private_key: str
) -> None:
    path = without_key.data_dir / KEY_FILE
    path.parent.mkdir(parents=True)
    path.write_text(private_key)
    ring = await KeyRing.open(without_key, store, clock)
    assert kids(ring) == [json.loads(private_key)["kid"]]
    assert path.read_text() == private_key


async def test_a_damaged_key_file_is_not_replaced(
    without_key: Settings, store: Store, clock: Clock
) -> None:
    path = without_key.data_dir / KEY_FILE
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(StartFault):
        await KeyRing.open(without_key, store, clock)
    assert path.read_text() == "{"
    assert await store.signing_keys.all() == []


async def test_a_new_key_is_published_three_hours_before_it_signs(
    ring: KeyRing, clock: Clock
) -> None:
    old = ring.current.kid
    new = (await ring.rotate()).key.kid
    assert kids(ring) == [old, new]
    clock.pass_by(3 * 3600 - 1)
    assert ring.current.kid == old
    clock.pass_by(1)
    assert ring.current.kid == new


async def test_a_key_may_sign_at_once_even_in_the_second_in_which_the_first_was_made(
    ring: KeyRing,
) -> None:
    old = ring.current.kid
    new = await ring.rotate(at_once=True)
    assert ring.current.kid == new.key.kid
    assert kids(ring) == [old, new.key.kid]


async def test_a_key_that_signs_at_once_drops_those_that_wait(ring: KeyRing, clock: Clock) -> None:
    old = ring.current.kid
    waiting = (await ring.rotate()).key.kid
    clock.pass_by(HOURS - HEARD_WITHIN - 1)
    assert [key.key.kid for key in ring.waiting()] == [waiting]
    new = (await ring.rotate(at_once=True)).key.kid
    assert kids(ring) == [old, new]
    assert ring.waiting() == []
    clock.pass_by(HOURS)
    assert ring.current.kid == new


async def test_tokens_hold_that_another_process_signs_with_a_dropped_key_before_it_hears_of_it(
    ring: KeyRing, without_key: Settings, store: Store, clock: Clock
) -> None:
    waiting = (await ring.rotate()).key
    behind = await KeyRing.open(without_key, store, clock)
    clock.pass_by(HOURS - 1)
    new = (await ring.rotate(at_once=True)).key
    clock.pass_by(1)
    assert behind.current.kid == waiting.kid
    token = behind.current.sign({"sub": "1"})
    await behind.look()
    assert behind.current.kid == ring.current.kid == new.kid
    for one in (ring, behind):
        assert await one.verify(token, "JWT") == {"sub": "1"}


async def test_a_key_of_another_process_is_known_right_after_a_look(
    ring: KeyRing, without_key: Settings, store: Store, clock: Clock
) -> None:
    other = await KeyRing.open(without_key, store, clock)
    clock.pass_by(60)
    await other.follow()
    await ring.rotate(at_once=True)
    assert await other.verify(ring.current.sign({"sub": "1"}), "JWT")


async def test_strangers_cannot_have_the_store_asked_again_and_again(
    ring: KeyRing, clock: Clock, monkeypatch: pytest.MonkeyPatch, private_key: str
) -> None:
    looks: list[float] = []

    async def look() -> None:
        looks.append(clock())

    monkeypatch.setattr(ring, "look", look)
    foreign = parse_key(private_key, "a key").sign({"sub": "1"})
    for _ in range(4):
        with pytest.raises(ValueError, match="no key"):
            await ring.verify(foreign, "JWT")
        clock.pass_by(0.5)
    assert len(looks) == 2


async def test_each_key_is_there_for_something(ring: KeyRing, clock: Clock) -> None:
    clock.pass_by(10)
    [first] = ring.parts
    assert first[1:] == ("signs", clock.now - 10)
    await ring.rotate(at_once=True)
    await ring.rotate()
    assert [part[1:] for part in ring.parts] == [
        ("old", clock.now + LIFETIME + 300),
        ("signs", clock.now),
        ("next", clock.now + HOURS),
    ]
    assert [part.key.kid for part in ring.parts] == kids(ring)
    # Then it is forgotten.
    clock.pass_by(LIFETIME + 299)
    await ring.keep_fresh()
    assert len(ring.parts) == 3
    clock.pass_by(1)
    await ring.keep_fresh()
    assert [part.role for part in ring.parts] == ["signs", "next"]


async def test_a_clock_that_was_set_back_leaves_the_first_key_signing(
    ring: KeyRing, clock: Clock
) -> None:
    clock.pass_by(-10)
    assert [part.role for part in ring.parts] == ["signs"]


async def test_every_process_follows_at_its_next_look(
    ring: KeyRing, without_key: Settings, store: Store, clock: Clock
) -> None:
    other = await KeyRing.open(without_key, store, clock)
    await ring.rotate()
    assert len(kids(other)) == 1
    await other.look()
    assert other.published() == ring.published()
    # "Within seconds", and long before a key is dropped for good.
    assert LOOK_EVERY <= 5 < HEARD_WITHIN / 10


async def test_the_old_key_stays_until_its_last_token_has_ended(
    ring: KeyRing, clock: Clock
) -> None:
    old = ring.current
    await ring.rotate()
    clock.pass_by(HOURS - 1)
    last = ring.current.sign({"sub": "1"})
    assert kid_of(last) == old.kid
    clock.pass_by(LIFETIME)
    await ring.keep_fresh()
    assert await ring.verify(last, "JWT")
    clock.pass_by(600)
    await ring.keep_fresh()
    assert kids(ring) == [ring.current.kid]
    with pytest.raises(ValueError, match="no key"):
        await ring.verify(last, "JWT")


async def test_the_old_key_stays_longer_once_tokens_live_longer(
    ring: KeyRing, without_key: Settings, clock: Clock
) -> None:
    old = ring.current
    await ring.rotate(at_once=True)
    longer = timedelta(seconds=10 * LIFETIME)
    ring.use(without_key.model_copy(update={"token_lifetime": longer}))
    clock.pass_by(2 * LIFETIME + 600)
    await ring.keep_fresh()
    assert old.kid in kids(ring)


async def test_a_key_file_of_another_algorithm_is_not_taken_in(
    without_key: Settings, store: Store, clock: Clock
) -> None:
    path = without_key.data_dir / KEY_FILE
    path.parent.mkdir(parents=True)
    path.write_text(generate_key(BY_KEY["ES256"]))
    with pytest.raises(StartFault, match="is a key for another algorithm than RS256"):
        await KeyRing.open(without_key, store, clock)
    assert await store.signing_keys.all() == []


@pytest.mark.parametrize("by", ["a restart", "another file"])
async def test_the_old_key_stays_for_tokens_that_lived_longer_than_new_ones_do(
    by: str, ring: KeyRing, without_key: Settings, store: Store, clock: Clock
) -> None:
    longer = without_key.model_copy(update={"token_lifetime": timedelta(seconds=10 * LIFETIME)})
    ring.use(longer)
    await ring.follow()
    last = ring.current.sign({"sub": "1"})
    if by == "a restart":
        ring = await KeyRing.open(without_key, store, clock)
    else:
        ring.use(without_key)
    clock.pass_by(1)
    await ring.rotate(at_once=True)
    clock.pass_by(10 * LIFETIME)
    await ring.keep_fresh()
    assert await ring.verify(last, "JWT")
    clock.pass_by(600)
    await ring.keep_fresh()
    assert kids(ring) == [ring.current.kid]


async def test_the_store_is_told_of_a_lifetime_once(
    ring: KeyRing, without_key: Settings, store: Store
) -> None:
    shorter = without_key.model_copy(update={"token_lifetime": timedelta(minutes=1)})
    for settings in (without_key, shorter):
        ring.use(settings)
        await ring.follow()
        assert [key.lifetime for key in await store.signing_keys.all()] == [LIFETIME]


async def test_the_old_key_stays_for_tokens_of_a_process_that_had_not_looked_yet(
    ring: KeyRing, without_key: Settings, store: Store, clock: Clock
) -> None:
    behind = await KeyRing.open(without_key, store, clock)
    await ring.rotate(at_once=True)
    # Its round is due; until then it signs with the old key.
    clock.pass_by(LOOK_EVERY - 1)
    last = behind.current.sign({"sub": "1"})
    clock.pass_by(LIFETIME - 10)
    await ring.keep_fresh()
    assert await ring.verify(last, "JWT")


async def test_a_key_is_rotated_when_it_comes_of_age_and_its_successor_is_announced_in_time(
    without_key: Settings, store: Store, clock: Clock
) -> None:
    aging = without_key.model_copy(update={"key_rotation": timedelta(days=1)})
    ring = await KeyRing.open(aging, store, clock)
    old = ring.current.kid
    clock.pass_by(86400 - HOURS - 1)
    await ring.keep_fresh()
    assert kids(ring) == [old]
    clock.pass_by(1)
    await ring.keep_fresh()
    await ring.keep_fresh()
    assert len(kids(ring)) == 2
    assert ring.current.kid == old
    clock.pass_by(HOURS)
    assert ring.current.kid != old


async def test_keys_are_not_rotated_by_age_unless_asked_for(ring: KeyRing, clock: Clock) -> None:
    clock.pass_by(10 * 365 * 86400)
    await ring.keep_fresh()
    assert len(kids(ring)) == 1


async def test_a_key_of_the_operator_signs_and_those_of_the_store_are_still_published(
    ring: KeyRing, without_key: Settings, store: Store, clock: Clock, private_key: str
) -> None:
    before = ring.current.sign({"sub": "1"})
    settings = without_key.model_copy(update={"private_key": SecretStr(private_key)})
    custom = await KeyRing.open(settings, store, clock)
    assert custom.current.kid == json.loads(private_key)["kid"]
    assert [part[1:] for part in custom.parts] == [("kept", None), ("signs", None)]
    assert await custom.verify(before, "JWT")
    assert len(await store.signing_keys.all()) == 1


async def test_a_key_of_the_operator_that_is_in_the_store_is_published_once(
    without_key: Settings, store: Store, clock: Clock, keys: list[str]
) -> None:
    await KeyRing.open(without_key, store, clock)
    settings = without_key.model_copy(update={"private_key": SecretStr(keys[0])})
    custom = await KeyRing.open(settings, store, clock)
    assert kids(custom) == [json.loads(keys[0])["kid"]]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "\u00e9.\u00e9.\u00e9"])
def test_what_is_no_token_names_no_key(token: str) -> None:
    with pytest.raises(ValueError, match="not a signed token"):
        kid_of(token)
